"""``POST /build`` and ``POST /build/prune``: what is asked for, and what is told."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from tests.unit.api.client import api, lines_of
from tests.unit.api.fakes import FakeEngine

from wherry.build.plan.pruning import Prune
from wherry.build.plan.request import BuildRequest
from wherry.cli.building.offering import Offering
from wherry.errors import BuildFailed, InvalidArgument
from wherry.model.build import CacheEntry, CacheUsage, OutputNews, StepNews, StepState
from wherry.model.image import Platform
from wherry.model.progress import Progress
from wherry.model.registry import Credentials
from wherry.model.resources import Resources, Ulimit

HOST = Platform(os="linux", architecture="amd64")
ENTRY = CacheEntry(key="sha256:k", parent="sha256:p", chain_id="c", description="RUN x", created=1, last_used=2, size=7)


def request_of(engine: FakeEngine) -> BuildRequest:
    asked = engine.builds.asked["request"]
    assert isinstance(asked, BuildRequest)
    return asked


async def test_defaults(tmp_path: Path) -> None:
    async with api(tmp_path) as (engine, client):
        await client.ask("POST", "/build", b"archive")
        assert request_of(engine) == BuildRequest(host_platform=HOST)
        assert engine.builds.received == b"archive"
        assert (engine.builds.asked["live"], engine.builds.asked["credentials"]) == (False, {})


async def test_a_directory_that_is_offered(tmp_path: Path) -> None:
    (tmp_path / "context").mkdir()
    (tmp_path / "context" / "file").write_text("content")
    offering = Offering(str(tmp_path / "context"), None, None, b"FROM x")
    async with api(tmp_path) as (engine, client):
        peer = await client.send("POST", "/build/offered", None, "Transfer-Encoding: chunked", t="app:1", q="1")
        peer.send(chunk_of(b"".join(offering.told())))
        assert (await peer.head()).status == 200
        assert json.loads(await peer.chunk()) == {"id": "wherry.wanted", "aux": {"files": [0]}}
        peer.send(chunk_of(b"".join(map(bytes, offering.contents([0])))))
        assert json.loads(await peer.chunk()) == {"stream": "\n"}
        assert request_of(engine) == BuildRequest(host_platform=HOST, tags=("app:1",), quiet=True)
        assert engine.builds.received == b"content"
        text = await client.message(400, "POST", "/build/offered", bytes(10))
        assert text == "the Dockerfile (Dockerfile) cannot be empty"


def chunk_of(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


async def test_every_parameter(tmp_path: Path) -> None:
    query: dict[str, Any] = {
        "t": ["app:1", "other"], "dockerfile": "D", "target": "last", "buildargs": {"A": "1", "B": None},
        "labels": {"l": "m"}, "cachefrom": '["base"]', "nocache": "1", "pull": "1", "squash": "1", "rm": "0",
        "q": "", "networkmode": "host", "extrahosts": ["a:1.2.3.4", "b:5.6.7.8"], "shmsize": "1000",
        "platform": "arm64",
        "cgroupparent": "/p", "securityopt": '["label=disable"]', "memory": "4000", "cpushares": "2", "cpuperiod": "3",
        "cpuquota": "4", "cpusetcpus": "0", "cpusetmems": "1",
        "ulimits": '[{"Name": "nofile", "Soft": 5, "Hard": 6}]',
    }  # fmt: skip
    async with api(tmp_path) as (engine, client):
        await client.ask("POST", "/build", b"", **query)
        assert request_of(engine) == BuildRequest(
            host_platform=HOST,
            platform=Platform(os="linux", architecture="arm64"),
            dockerfile="D",
            target="last",
            build_args={"A": "1", "B": None},
            labels={"l": "m"},
            tags=("app:1", "other"),
            cache_from=("base",),
            no_cache=True,
            pull=True,
            squash=True,
            remove=False,
            network="host",
            extra_hosts=("a:1.2.3.4", "b:5.6.7.8"),
            shm_size=1000,
            cgroup_parent="/p",
            security_opt=("label=disable",),
            resources=Resources(
                memory=4000,
                memory_swap=8000,
                cpu_shares=2,
                cpu_period=3,
                cpu_quota=4,
                cpuset_cpus="0",
                cpuset_mems="1",
                ulimits=(Ulimit(name="nofile", soft=5, hard=6),),
            ),
        )


@pytest.mark.parametrize(
    ("query", "status", "text"),
    [
        ({"version": "3"}, 400, 'invalid version "3"'),
        ({"version": "2"}, 501, "BuildKit is spoken by POST /grpc only: build with buildx, or with DOCKER_BUILDKIT=0"),
        ({"t": "BAD"}, 500, "invalid reference format: repository name (library/BAD) must be lowercase"),
        ({"t": f"a@sha256:{'a' * 64}"}, 500, "build tag cannot contain a digest"),
        ({"shmsize": "a"}, 500, 'strconv.ParseInt: parsing "a": invalid syntax'),
        ({"shmsize": "1_000"}, 500, 'strconv.ParseInt: parsing "1_000": invalid syntax'),
        ({"shmsize": "9" * 20}, 500, f'strconv.ParseInt: parsing "{"9" * 20}": value out of range'),
        ({"buildargs": "x"}, 400, "error reading build args: "),
    ],
)
async def test_refusals(tmp_path: Path, query: dict[str, str], status: int, text: str) -> None:
    async with api(tmp_path) as (engine, client):
        assert (await client.message(status, "POST", "/build", b"", **query)).startswith(text)
        assert not engine.builds.asked


@pytest.mark.parametrize("text", ["x", "1_0", " 5", "0x1", "9" * 20])
async def test_a_limit_that_is_no_number_is_none(tmp_path: Path, text: str) -> None:
    async with api(tmp_path) as (engine, client):
        await client.ask("POST", "/build", b"", memory=text)
        assert request_of(engine).resources.memory == 0


async def test_a_context_by_its_url(tmp_path: Path) -> None:
    async with api(tmp_path) as (engine, client):
        await client.ask("POST", "/build", remote="https://host/x.tar")
        assert engine.builds.received == b"https://host/x.tar"


async def test_credentials_of_registries(tmp_path: Path) -> None:
    auths = {"https://index.docker.io/v1/": {"username": "me", "password": "x"}, "host:5000": {"identitytoken": "t"}}
    auths["http://old.host/v2/"] = {"username": "you"}
    header = base64.urlsafe_b64encode(json.dumps(auths).encode()).decode()
    async with api(tmp_path) as (engine, client):
        await client.ask("POST", "/build", b"", f"X-Registry-Config: {header}")
        assert engine.builds.asked["credentials"] == {
            "docker.io": Credentials(username="me", password="x"),
            "host:5000": Credentials(identity_token="t"),
            "old.host": Credentials(username="you"),
        }


async def test_what_is_told(tmp_path: Path) -> None:
    step = StepNews(index=1, total=2, stage="0", text="FROM x", state=StepState.STARTED, lines=(3, 4))
    async with api(tmp_path) as (engine, client):
        engine.builds.news = [Progress(stream="Step 1/2 : FROM x"), step, OutputNews(index=2, text="hi")]
        answer = await client.ask("POST", "/build", b"", **{"wherry.progress": "1"})
        assert lines_of(answer) == [
            {"stream": "Step 1/2 : FROM x"},
            {
                "id": "wherry.step",
                "aux": {
                    "index": 1, "total": 2, "stage": "0", "text": "FROM x", "state": "started", "lines": [3, 4],
                },
            },
            {"id": "wherry.output", "aux": {"index": 2, "text": "hi"}},
        ]  # fmt: skip
        assert engine.builds.asked["live"] is True


async def test_a_command_that_fails(tmp_path: Path) -> None:
    async with api(tmp_path) as (engine, client):
        engine.builds.failure = BuildFailed("/bin/sh -c false", 3)
        answer = await client.ask("POST", "/build", b"")
        text = "The command '/bin/sh -c false' returned a non-zero code: 3"
        assert answer.status == 200
        assert lines_of(answer)[1:] == [{"errorDetail": {"code": 3, "message": text}, "error": text}]


async def test_what_fails_before_the_first_step_has_a_status(tmp_path: Path) -> None:
    async with api(tmp_path) as (engine, client):
        engine.builds.news, engine.builds.failure = [], InvalidArgument("the Dockerfile (x) cannot be empty")
        assert await client.message(400, "POST", "/build", b"") == "the Dockerfile (x) cannot be empty"


async def test_a_quiet_build_tells_the_id(tmp_path: Path) -> None:
    async with api(tmp_path) as (engine, client):
        engine.builds.news = [Progress(stream="Step 1/1 : FROM x"), Progress(aux={"ID": "sha256:abc"})]
        assert lines_of(await client.ask("POST", "/build", b"", q="1")) == [{"stream": "sha256:abc\n"}]
        engine.builds.failure = BuildFailed("x", 1)
        first, *_ = lines_of(await client.ask("POST", "/build", b"", q="1"))
        assert first == {"stream": "Step 1/1 : FROM x"}


async def test_prune(tmp_path: Path) -> None:
    async with api(tmp_path) as (engine, client):
        engine.builds.cache = (CacheUsage(entry=ENTRY, shared=False, in_use=False),)
        query = {"all": "1", "keep-storage": "9", "filters": {"type": ["regular"], "until": ["1000"]}}
        answer = await client.json("POST", "/build/prune", **query)
        assert answer == {"CachesDeleted": ["k"], "SpaceReclaimed": 7}
        assert engine.builds.pruned == Prune(
            all=True, keep=9, unused_since=1000_000_000_000, filters={"type": ("regular",)}
        )
        await client.json("POST", "/build/prune", filters={"label": ["a"], "label!": ["b"]})
        assert engine.builds.pruned == Prune(all=False, keep=0, unused_since=0, filters={})
        bad = {"filters": {"foo": ["a"]}}
        text = await client.message(400, "POST", "/build/prune", **bad)
        assert text == "failed to prune build cache: invalid filter 'foo'"
        assert await client.message(400, "POST", "/build/prune", **{"keep-storage": "x"}) == (
            'keep-storage is in bytes and expects an integer, got x: strconv.Atoi: parsing "x": invalid syntax'
        )


async def test_there_is_nothing_to_cancel(tmp_path: Path) -> None:
    async with api(tmp_path) as (_, client):
        assert await client.message(400, "POST", "/build/cancel") == "build ID not provided"
        assert (await client.ask("POST", "/build/cancel", id="x")).status == 200


async def test_the_cache_in_disk_usage(tmp_path: Path) -> None:
    async with api(tmp_path) as (engine, client):
        engine.builds.cache = (CacheUsage(entry=ENTRY, shared=True, in_use=False),)
        (entry,) = (await client.json("GET", "/system/df", type="build-cache"))["BuildCache"]
        assert entry == {
            "ID": "k", "Parents": ["p"], "Type": "regular", "Description": "RUN x", "InUse": False, "Shared": True,
            "Size": 7, "CreatedAt": "1970-01-01T00:00:00.000000001Z", "LastUsedAt": "1970-01-01T00:00:00.000000002Z",
            "UsageCount": 0,
        }  # fmt: skip
