"""docker-py, a client that nobody wrote with this engine in mind."""

import gc
import io
import itertools
import os
import socket
import tarfile
import warnings
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import docker
import pytest
from docker.errors import APIError, ContainerError, ImageLoadError, ImageNotFound, NotFound
from docker.utils.socket import frames_iter

from tests.harness.engine import Engine
from tests.harness.leftovers import processes
from tests.harness.registry import Registry, passwords
from tests.harness.waiting import eventually

pytestmark = [pytest.mark.root, pytest.mark.usefixtures("tidy")]

Api = docker.DockerClient


@contextmanager
def refused(status: int, text: str, kind: type[APIError] = APIError) -> Iterator[None]:
    """What is done inside is refused by the engine with this status, and a text that holds ``text``."""
    with pytest.raises(kind) as caught:
        yield
    assert caught.value.status_code == status
    assert text in str(caught.value.explanation)


@contextmanager
def left_open() -> Iterator[None]:
    """docker-py never closes the socket of a stream of frames: it is collected here, where that is known."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        yield
        gc.collect()


@contextmanager
def opened(stream: Any) -> Iterator[Any]:
    """A socket of a taken-over connection; its end closes the answer that it belongs to."""
    try:
        yield stream
    finally:
        stream._response.close()


def frames_of(stream: Any) -> list[tuple[int, bytes]]:
    return list(frames_iter(stream, tty=False))  # type: ignore[no-untyped-call]


def running(api: Api, *command: str, **options: Any) -> Any:
    return api.containers.run("busybox", list(command) or ["sleep", "60"], detach=True, **options)


def shell(api: Api, script: str, **options: Any) -> Any:
    return api.containers.run("busybox", ["sh", "-c", script], **options)


# --- the system ------------------------------------------------------------------------------------------------------


def test_ping_version_info(api: Api) -> None:
    version, info = api.version(), api.info()

    assert api.ping() is True
    assert version["ApiVersion"] == "1.45"
    assert version["Os"] == info["OSType"] == "linux"
    assert info["Images"] == len(api.images.list(all=True))
    assert info["NCPU"] == os.cpu_count()


def test_disk_usage(api: Api) -> None:
    running(api, name="box")

    usage = api.df()

    assert [container["Names"] for container in usage["Containers"]] == [["/box"]]
    assert usage["LayersSize"] > 0


def test_events(api: Api) -> None:
    with closing(api.events(decode=True, filters={"container": "box"})) as events:
        shell(api, "exit 3", name="box", detach=True)
        seen = list(itertools.islice((event for event in events if event["Action"] != "attach"), 3))

    assert [event["Action"] for event in seen] == ["create", "start", "die"]
    assert all(event["Type"] == "container" for event in seen)
    assert (
        seen[2]["Actor"]["Attributes"] | {"image": "busybox", "name": "box", "exitCode": "3"}
        == (seen[2]["Actor"]["Attributes"])
    )


def test_events_of_the_past(api: Api) -> None:
    container = running(api, name="box")
    created = container.attrs["Created"]
    container.remove(force=True)
    with closing(api.events(decode=True, since=1, until=4_000_000_000, filters={"type": "container"})) as events:
        first = next(event for event in events if event["Actor"]["ID"] == container.id)

    assert first["Action"] == "create"
    assert str(created).startswith("20")


# --- containers.run --------------------------------------------------------------------------------------------------


def test_run_gives_the_output(api: Api) -> None:
    assert shell(api, "echo out; echo err >&2") == b"out\n"
    assert shell(api, "echo err >&2", stdout=False, stderr=True) == b"err\n"
    assert b"".join(shell(api, "echo 1; echo 2", stream=True)) == b"1\n2\n"


def test_run_tells_of_failure(api: Api) -> None:
    with pytest.raises(ContainerError) as caught:
        shell(api, "echo why >&2; exit 3")

    assert caught.value.exit_status == 3
    assert "why" in str(caught.value)


def test_run_detached(api: Api) -> None:
    container = running(api, name="box", labels={"a": "b"})

    assert container.status == "created"  # what was known before the start
    container.reload()
    assert container.status == "running"
    assert container.name == "box"
    assert container.labels == {"a": "b"}
    assert container.image.tags == ["busybox:latest"]
    assert len(container.short_id) == 12


def test_run_with_a_command_that_is_not_there(api: Api) -> None:
    with refused(400, 'exec: "nothing": executable file not found in $PATH'):
        running(api, "nothing")


def test_run_of_an_image_that_is_not_to_be_had(api: Api) -> None:
    # Given no registry listens there.
    with refused(500, "connection refused"):
        api.containers.run("localhost:9/nothing", "true")
    with refused(404, "No such image: nothing:latest", ImageNotFound):
        api.containers.create("nothing")


def test_run_sets_what_the_process_sees(api: Api) -> None:
    script = "echo $A; pwd; id -u; hostname; cat /sys/fs/cgroup/memory.max /sys/fs/cgroup/memory/memory.limit_in_bytes"

    lines = shell(
        api,
        f"{script} 2>/dev/null; true",
        environment={"A": "b c"},
        working_dir="/tmp",
        user="user",
        hostname="inner",
        mem_limit="64m",
        remove=True,
    )

    assert lines.decode().splitlines() == ["b c", "/tmp", "1000", "inner", str(64 << 20)]
    eventually(lambda: api.containers.list(all=True, ignore_removed=True) == [])


def test_run_with_a_terminal(api: Api) -> None:
    assert shell(api, "test -t 0 && test -t 1 && echo terminal", tty=True, stdin_open=True) == b"terminal\r\n"


@pytest.mark.parametrize("form", ["dict", "list"])
def test_run_with_volumes(api: Api, tmp_path: Path, form: str) -> None:
    binds = [f"{tmp_path}:/host:ro", "kept:/data"]
    if form == "dict":
        modes = {str(tmp_path): {"bind": "/host", "mode": "ro"}, "kept": {"bind": "/data", "mode": "rw"}}
    (tmp_path / "file").write_text("from the host")

    output = shell(
        api, "cat /host/file; touch /host/x 2>&1; echo 1 > /data/f", volumes=modes if form == "dict" else binds
    )

    assert output == b"from the hosttouch: /host/x: Read-only file system\n"
    assert Path(api.volumes.get("kept").attrs["Mountpoint"], "f").read_text() == "1\n"


def test_run_with_mounts_and_tmpfs(api: Api, tmp_path: Path) -> None:
    mount = docker.types.Mount("/host", str(tmp_path), type="bind")

    output = shell(api, "echo 1 > /host/f; grep ' /t ' /proc/mounts", mounts=[mount], tmpfs={"/t": "size=64k"})

    assert output.startswith(b"tmpfs /t tmpfs rw")
    assert (tmp_path / "f").read_text() == "1\n"


def test_run_with_ports(api: Api, engine: Engine) -> None:
    container = running(api, "httpd", "-f", "-h", "/var/www", ports={"80/tcp": ("127.0.0.1", 8088), "81/udp": None})
    container.reload()

    assert container.ports["80/tcp"] == [{"HostIp": "127.0.0.1", "HostPort": "8088"}]
    assert int(container.ports["81/udp"][0]["HostPort"]) > 1024
    page = ["curl", "-s", "--retry", "20", "--retry-all-errors", "http://127.0.0.1:8088/"]
    assert engine.host.run(page).stdout == "hello from a container\n"


# --- output ----------------------------------------------------------------------------------------------------------


def test_logs(api: Api) -> None:
    container = shell(api, "echo 1; echo 2 >&2; echo 3", detach=True)
    container.wait()

    assert sorted(container.logs().splitlines()) == [b"1", b"2", b"3"]
    assert container.logs(stdout=False) == b"2\n"
    assert len(container.logs(tail=2).splitlines()) == 2
    assert container.logs(stderr=False, timestamps=True).splitlines()[1].endswith(b"Z 3")
    assert container.logs(since=4_000_000_000) == b""


def test_logs_that_follow(api: Api) -> None:
    container = shell(api, "echo 1; read line; echo $line", detach=True, stdin_open=True)

    with closing(container.logs(stream=True, follow=True)) as stream:
        assert next(stream) == b"1\n"
        with opened(container.attach_socket(params={"stdin": 1, "stream": 1})) as typed:
            typed._sock.sendall(b"typed\n")
            assert list(stream) == [b"typed\n"]


def test_attach(api: Api) -> None:
    # Given no output is there yet: docker-py drops what comes in one piece with the head of the answer.
    container = shell(api, "read line; echo after", detach=True, stdin_open=True)

    with left_open():
        stream = container.attach(stream=True)
        with opened(container.attach_socket(params={"stdin": 1, "stream": 1})) as typed:
            typed._sock.sendall(b"\n")
            output = b"".join(stream)

    assert output == b"after\n"


def test_attach_socket_carries_both_ways(api: Api) -> None:
    container = api.containers.create("busybox", "cat", stdin_open=True, tty=False)

    with opened(container.attach_socket(params={"stdin": 1, "stdout": 1, "stream": 1})) as stream:
        container.start()
        stream._sock.sendall(b"typed")
        stream._sock.shutdown(socket.SHUT_WR)
        frames = frames_of(stream)

    assert b"".join(data for _, data in frames) == b"typed"
    assert container.wait()["StatusCode"] == 0


# --- exec ------------------------------------------------------------------------------------------------------------


def test_exec(api: Api) -> None:
    container = running(api)

    assert container.exec_run(["sh", "-c", "echo out; exit 4"]) == (4, b"out\n")
    assert container.exec_run(["sh", "-c", "echo out; echo err >&2"], demux=True).output == (b"out\n", b"err\n")
    assert container.exec_run(["sh", "-c", "test -t 1 && echo tty"], tty=True).output == b"tty\r\n"


def test_archives_in_and_out(api: Api) -> None:
    container = running(api)
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        entry = tarfile.TarInfo("file")
        entry.size = 4
        archive.addfile(entry, io.BytesIO(b"text"))

    assert container.put_archive("/tmp", buffer.getvalue())
    chunks, status = container.get_archive("/tmp/file")

    assert (status["name"], status["size"], status["linkTarget"]) == ("file", 4, "")
    with tarfile.open(fileobj=io.BytesIO(b"".join(chunks))) as archive:
        assert archive.getnames() == ["file"]
    with pytest.raises(NotFound):
        container.get_archive("/nothing")


def test_exec_detached(api: Api) -> None:
    container = running(api)

    container.exec_run(["touch", "/done"], detach=True)

    eventually(lambda: container.exec_run(["test", "-e", "/done"]).exit_code == 0)


def test_exec_sets_what_the_process_sees(api: Api) -> None:
    container = running(api)

    output = container.exec_run(["sh", "-c", "echo $A; pwd; id -u"], environment=["A=b"], workdir="/tmp", user="user")
    plain, privileged = [
        container.exec_run(["grep", "CapEff", "/proc/self/status"], privileged=flag).output for flag in (False, True)
    ]

    assert output.output == b"b\n/tmp\n1000\n"
    assert int(plain.split()[1], 16) < int(privileged.split()[1], 16)


def test_exec_streams(api: Api) -> None:
    container = running(api)

    with left_open():
        code, output = container.exec_run(["sh", "-c", "echo 1; echo 2 >&2"], stream=True, demux=True)
        pieces = sorted(output, key=str)

    assert code is None
    assert pieces == [(None, b"2\n"), (b"1\n", None)]


def test_exec_socket(api: Api) -> None:
    container = running(api)

    with opened(container.exec_run("cat", stdin=True, socket=True).output) as stream:
        stream._sock.sendall(b"typed")
        stream._sock.shutdown(socket.SHUT_WR)
        frames = frames_of(stream)

    assert frames == [(1, b"typed")]


def test_frames_of_a_terminal_are_for_the_client_to_ask_for(api: Api) -> None:
    container = running(api)
    session = api.api.exec_create(container.id, ["echo", "shown"], tty=True)["Id"]

    assert api.api.exec_start(session, tty=False, demux=True) == (b"shown\r\n", None)


def test_exec_detach_keys_of_a_configuration(api: Api) -> None:
    container = running(api)
    api.api._general_configs["detachKeys"] = "ctrl-p"  # type: ignore[attr-defined]
    session = api.api.exec_create(container.id, "cat", stdin=True, tty=True)["Id"]

    with opened(api.api.exec_start(session, tty=True, socket=True)) as stream:
        stream._sock.sendall(b"\x10")
        output = stream.read()

    assert output == b""
    assert api.api.exec_inspect(session)["Running"]


def test_exec_sessions_that_nobody_starts_leave_nothing(api: Api, engine: Engine) -> None:
    container = running(api)
    for _ in range(20):
        session = api.api.exec_create(container.id, "true")["Id"]
    assert not api.api.exec_inspect(session)["Running"]

    bundle = engine.exec_root / "bundles" / str(container.id)
    eventually(lambda: not list(bundle.glob("exec-*")))
    assert not [line for line in processes(engine).values() if " exec " in line]
    assert api.api.exec_start(session) == b""


def test_exec_in_a_container_that_was_started_anew_since(api: Api) -> None:
    container = running(api)
    session = api.api.exec_create(container.id, ["echo", "here"])["Id"]
    container.restart(timeout=0)

    assert api.api.exec_start(session) == b"here\n"


def test_exec_with_much_to_tell_the_runtime(api: Api) -> None:
    much = "x" * 100_000

    assert running(api).exec_run(["sh", "-c", "echo ${#MUCH}"], environment={"MUCH": much}).output == b"100000\n"


def test_exec_inspect(api: Api) -> None:
    container = running(api)
    session = api.api.exec_create(container.id, ["sh", "-c", "exit 5"])["Id"]
    before = api.api.exec_inspect(session)

    api.api.exec_start(session)

    after = api.api.exec_inspect(session)
    assert (before["Running"], before["ExitCode"]) == (False, None)
    assert (after["Running"], after["ExitCode"], after["ContainerID"]) == (False, 5, container.id)
    with refused(404, "No such exec instance: nothing"):
        api.api.exec_inspect("nothing")


# --- the life of a container -----------------------------------------------------------------------------------------


def status(container: Any) -> str:
    container.reload()
    return str(container.status)


def test_wait(api: Api) -> None:
    assert shell(api, "exit 7", detach=True).wait() == {"StatusCode": 7}


def test_stop_start_restart_kill(api: Api) -> None:
    container = shell(api, "trap 'exit 9' TERM; echo ready; while :; do sleep 0.1; done", detach=True)
    eventually(container.logs)

    container.stop(timeout=5)
    assert (status(container), container.attrs["State"]["ExitCode"]) == ("exited", 9)
    container.start()
    first = (status(container), container.attrs["State"]["Pid"])
    container.restart(timeout=5)
    second = (status(container), container.attrs["State"]["Pid"])
    container.kill()
    assert container.wait()["StatusCode"] == 137

    assert first[0] == second[0] == "running"
    assert first[1] != second[1]


def test_kill_with_a_signal(api: Api) -> None:
    container = shell(api, "trap 'exit 9' HUP; echo ready; while :; do sleep 0.1; done", detach=True)
    eventually(container.logs)

    container.kill("SIGHUP")

    assert container.wait()["StatusCode"] == 9
    with refused(409, f"container {container.id} is not running"):
        container.kill()


def test_pause(api: Api) -> None:
    container = running(api)

    container.pause()
    assert status(container) == "paused"
    with refused(409, f"ontainer {container.id} is paused, unpause the container before exec"):
        container.exec_run("true")
    container.unpause()

    assert status(container) == "running"


def test_rename(api: Api) -> None:
    container, other = running(api, name="box"), running(api, name="other")

    container.rename("new")

    assert api.containers.get("new") == container
    with refused(409, f'Conflict. The container name "/new" is already in use by container "{container.id}".'):
        other.rename("new")
    with pytest.raises(NotFound):
        api.containers.get("box")


def test_top(api: Api) -> None:
    container = running(api)
    container.reload()
    row = [str(container.attrs["State"]["Pid"]), "sleep 60"]

    eventually(lambda: container.top(ps_args="-o pid,args") == {"Titles": ["PID", "COMMAND"], "Processes": [row]})


def test_remove(api: Api) -> None:
    container = running(api)

    with refused(409, "container is running"):
        container.remove()
    container.remove(force=True)

    with refused(404, f"No such container: {container.id}", NotFound):
        container.reload()


def test_list(api: Api) -> None:
    up, down = running(api, name="up", labels={"a": "1"}), shell(api, "exit 3", name="down", detach=True)
    down.wait()

    def names(**options: Any) -> set[str]:
        return {str(container.name) for container in api.containers.list(**options)}

    assert names() == {"up"}
    assert names(all=True) == {"up", "down"}
    assert names(all=True, limit=1) == {"down"}
    assert names(filters={"label": "a=1"}) == {"up"}
    assert names(filters={"label": ["a=2"]}) == set()
    assert names(all=True, filters={"exited": 3}) == {"down"}
    assert names(filters={"status": ["exited", "running"]}) == {"up", "down"}
    assert names(filters={"ancestor": "busybox", "name": "^/u"}) == {"up"}
    assert names(all=True, filters={"before": down.id}) == {"up"}
    assert api.containers.list(sparse=True)[0].attrs["Names"] == ["/up"]
    assert up.name == "up"


def test_prune(api: Api) -> None:
    running(api, name="up")
    down = shell(api, "echo 1 > /file", detach=True)
    down.wait()

    pruned = api.containers.prune()

    assert pruned["ContainersDeleted"] == [down.id]
    assert pruned["SpaceReclaimed"] > 0
    assert [container.name for container in api.containers.list(all=True)] == ["up"]


def test_export(api: Api) -> None:
    container = shell(api, "echo 1 > /file", detach=True)
    container.wait()

    with tarfile.open(fileobj=io.BytesIO(b"".join(container.export()))) as archive:
        content = archive.extractfile("file")
        assert content is not None
        assert content.read() == b"1\n"


# --- images ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def image(api: Api, tmp_path: Path) -> Iterator[Any]:
    """A small image ``small:1`` of one file."""
    tree = tmp_path / "tree.tar"
    with tarfile.open(tree, "w") as archive:
        info = tarfile.TarInfo("file")
        info.size = 8
        archive.addfile(info, io.BytesIO(os.urandom(8)))
    api.api.import_image_from_file(str(tree), repository="small", tag="1", changes=["ENV A=b"])
    image = api.images.get("small:1")
    yield image
    for name in {tag for image in api.images.list() for tag in image.tags} - {"busybox:latest"}:
        api.images.remove(name, force=True)


def test_image_get_and_list(api: Api, image: Any) -> None:
    assert image.tags == ["small:1"]
    assert image.attrs["Config"]["Env"] == ["A=b"]
    assert image.id.startswith("sha256:")
    assert api.images.get(image.short_id) == image
    assert image in api.images.list()
    assert api.images.list(name="small") == [image]
    assert api.images.list(filters={"reference": "sm*:1"}) == [image]
    assert api.images.list(filters={"dangling": True}) == []
    assert image.history()[0]["Id"] == image.id
    with refused(404, "No such image: small:2", ImageNotFound):
        api.images.get("small:2")


def test_image_tag_and_remove(api: Api, image: Any) -> None:
    assert image.tag("small", "2") is True
    assert image.tag("localhost:1/other/name") is True
    image.reload()
    assert sorted(image.tags) == ["localhost:1/other/name:latest", "small:1", "small:2"]

    api.images.remove("small:1")

    assert sorted(api.images.get("small:2").tags) == ["localhost:1/other/name:latest", "small:2"]
    with refused(400, "invalid reference format: repository name (library/Small) must be lowercase"):
        image.tag("Small")


def test_image_in_use(api: Api) -> None:
    container = running(api)

    with refused(409, f"image is being used by running container {container.short_id}"):
        api.images.remove(str(api.images.get("busybox").id))


def test_image_save_and_load(api: Api, image: Any) -> None:
    archive = b"".join(image.save(named=True))
    api.images.remove("small:1")

    (loaded,) = api.images.load(archive)

    assert loaded == image
    assert loaded.tags == ["small:1"]


def test_image_load_of_garbage(api: Api) -> None:
    with pytest.raises(ImageLoadError, match="invalid tar header"):
        api.images.load(b"garbage" * 300)


def test_image_prune(api: Api, image: Any) -> None:
    image.tag("small", "2")
    api.images.remove("small:2")

    assert api.images.prune() == {"ImagesDeleted": None, "SpaceReclaimed": 0}
    deleted = api.images.prune(filters={"dangling": False, "until": "1h"})
    assert deleted["ImagesDeleted"] is None
    assert api.images.get("small:1") == image


def test_image_pull(api: Api, image: Any, engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "image.tar").write_bytes(b"".join(image.save(named=True)))
    api.images.remove("small:1")
    with Registry(engine.host, tmp_path) as registry:
        registry.push(tmp_path / "image.tar", "small:1")

        pulled = api.images.pull(f"{registry.address}/small", tag="1")
        lines = list(api.api.pull(f"{registry.address}/small", tag="1", stream=True, decode=True))
        (every,) = api.images.pull(f"{registry.address}/small", all_tags=True)
        with refused(404, "manifest for localhost:5055/small:2 not found", NotFound):
            api.images.pull(f"{registry.address}/small", tag="2")

    assert pulled.id == every.id == image.id
    assert pulled.tags == ["localhost:5055/small:1"]
    assert lines[-1] == {"status": "Status: Image is up to date for localhost:5055/small:1"}


def test_image_push_and_login(api: Api, image: Any, engine: Engine, tmp_path: Path) -> None:
    alice = {"username": "alice", "password": "open sesame"}
    with Registry(engine.host, tmp_path, extra=passwords(tmp_path)) as registry:
        name = f"{registry.address}/small"
        image.tag(name, "1")

        *_, failure = api.images.push(name, tag="1", stream=True, decode=True, auth_config={**alice, "password": "no"})
        *_, ending = api.images.push(name, tag="1", stream=True, decode=True, auth_config=alice)
        data = api.images.get_registry_data(f"{name}:1", auth_config=alice)
        answer = api.login(**alice, registry=registry.address, reauth=True)
        with refused(500, f"login attempt to http://{registry.address}/v2/ failed with status: 401 Unauthorized"):
            api.login("alice", "no", registry=registry.address, reauth=True)
    api.images.remove(f"{name}:1")

    assert failure["error"] == "unauthorized: authentication required"
    assert ending["aux"]["Tag"] == "1"
    assert data.id == ending["aux"]["Digest"]
    assert data.has_platform("linux/amd64")
    assert answer == {"IdentityToken": "", "Status": "Login Succeeded"}


# --- networks and volumes --------------------------------------------------------------------------------------------


def test_networks(api: Api) -> None:
    network = api.networks.create("net", driver="bridge", labels={"a": "b"}, check_duplicate=True)
    try:
        running(api, name="box", network="net")
        network.reload()

        assert network.attrs["Labels"] == {"a": "b"}
        assert [container.name for container in network.containers] == ["box"]
        assert {network.name for network in api.networks.list()} == {"bridge", "host", "none", "net"}
        assert api.networks.list(names=["net"]) == [network]
        assert api.networks.list(filters={"label": "a=b"}) == [network]
        assert api.networks.get("net", verbose=True) == network
        with refused(403, "error while removing network: network net id "):
            network.remove()
        with refused(409, "network with name net already exists"):
            api.networks.create("net")
    finally:
        api.containers.get("box").remove(force=True)
        network.remove()

    with refused(404, "network net not found", NotFound):
        api.networks.get("net")


def test_volumes(api: Api) -> None:
    volume = api.volumes.create("kept", labels={"a": "b"})
    anonymous = api.volumes.create()
    running(api, volumes=["kept:/data"])

    assert api.volumes.get("kept") == volume
    assert volume.attrs["Driver"] == "local"
    assert volume.attrs["Labels"] == {"a": "b"}
    assert set(api.volumes.list()) == {volume, anonymous}
    assert api.volumes.list(filters={"label": "a"}) == [volume]
    assert api.volumes.prune()["VolumesDeleted"] == [anonymous.name]
    with refused(409, "remove kept: volume is in use"):
        volume.remove()
    with refused(404, "get nothing: no such volume", NotFound):
        api.volumes.get("nothing")
