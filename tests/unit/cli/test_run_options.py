"""``create`` sends what Docker's own command line (26.1) sends, and refuses what it refuses in the same words.

``golden/create.json`` was recorded from it: the arguments, and either the request or the complaint.
"""

import json
import posix
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fake_engine import FakeEngine

from wherry.cli.lazy import load
from wherry.cli.main import execute
from wherry.cli.options.body import CONFIG_FLAGS, FAMILIES, HOST_FLAGS, container_body
from wherry.cli.options.grammar import CREATE, RUN

GOLDEN = Path(__file__).parent / "golden"
CASES = json.loads((GOLDEN / "create.json").read_text())
RATES = ("--device-read-bps", "--device-read-iops")
"""Docker's own line loses these on the way."""
SENT = [case for case in CASES if "body" in case and case["argv"][0] not in RATES]
OTHER_WORDS = (
    ["bad name"], ["a/b:c:d"], [""], ["--platform", "foo/bar/baz/q", "busybox"],  # refused by the engine
    ["--security-opt", "seccomp=broken.json", "busybox"],  # words of another JSON parser
)  # fmt: skip
REFUSED = [case for case in CASES if "status" in case and case["argv"] not in OTHER_WORDS]


def named(case: dict[str, Any]) -> str:
    return " ".join(case["argv"])


@pytest.fixture(autouse=True)
def surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(GOLDEN / "run_files")
    monkeypatch.setitem(posix.environ, b"FROMENV", b"from the environment")


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[FakeEngine]:
    engine = FakeEngine(tmp_path / "s")
    engine.on("POST", "/containers/create", status=201, body={"Id": "abc", "Warnings": ["careful"]})
    yield engine
    engine.close()


def requested(argv: list[str], proxies: dict[str, str] | None = None) -> Any:
    """The JSON that a command line asks for, with the working directory as Docker's recording has it."""
    body = container_body(CREATE.parse(argv, "create"), proxies or {})
    return json.loads(json.dumps(body).replace(str(Path.cwd()), "$PWD"))


def without_order(body: dict[str, Any]) -> dict[str, Any]:
    """Docker sends the environment in a random order."""
    body["Env"] = sorted(body["Env"]) if body["Env"] else body["Env"]
    return body


@pytest.mark.parametrize("case", SENT, ids=named)
def test_request_equals_dockers(case: dict[str, Any]) -> None:
    assert without_order(requested(case["argv"])) == without_order(case["body"])


@pytest.mark.parametrize("case", REFUSED, ids=named)
def test_complaint_equals_dockers(case: dict[str, Any], engine: FakeEngine, capfd: pytest.CaptureFixture[str]) -> None:
    status = execute(["-H", engine.host, "create", *case["argv"]])

    stderr = case["stderr"].replace("docker: ", "wherry: ", 1).replace("See 'docker ", "See 'wherry ")
    assert (status, capfd.readouterr().err) == (case["status"], stderr)
    assert not engine.requests


@pytest.mark.parametrize("case", [case for case in SENT if "?" in case["target"]], ids=named)
def test_name_and_platform_are_in_the_query(case: dict[str, Any], engine: FakeEngine) -> None:
    execute(["-H", engine.host, "create", *case["argv"]])
    assert engine.requests[-1].target == case["target"].removeprefix("/v1.45")


def test_create_prints_the_id_and_warnings(engine: FakeEngine, capfd: pytest.CaptureFixture[str]) -> None:
    assert execute(["-H", engine.host, "create", "busybox"]) == 0
    assert capfd.readouterr() == ("abc\n", "WARNING: careful\n")


def test_rates_of_devices_arrive() -> None:
    argv = ["--device-read-bps", "/dev/sda:1mb", "--device-write-iops", "/dev/sda:200", "busybox"]
    host = requested(argv)["HostConfig"]
    assert host["BlkioDeviceReadBps"] == [{"Path": "/dev/sda", "Rate": 1 << 20}]
    assert host["BlkioDeviceWriteIOps"] == [{"Path": "/dev/sda", "Rate": 200}]


def test_configured_proxies_become_variables_unless_given() -> None:
    proxies = {"httpProxy": "http://p:1", "noProxy": "localhost"}
    body = requested(["-e", "http_proxy=mine", "busybox"], proxies)
    assert set(body["Env"]) == {
        "http_proxy=mine", "HTTP_PROXY=http://p:1", "NO_PROXY=localhost", "no_proxy=localhost",
    }  # fmt: skip


def test_proxies_come_from_the_configuration_of_this_engine(engine: FakeEngine, tmp_path: Path) -> None:
    proxies = {"default": {"httpProxy": "a"}, engine.host: {"httpsProxy": "b"}}
    (tmp_path / "config.json").write_text(json.dumps({"proxies": proxies}))
    execute(["-H", engine.host, "--config", str(tmp_path), "create", "busybox"])
    assert engine.requests[-1].json()["Env"] == ["HTTPS_PROXY=b", "https_proxy=b"]


def test_cidfile_has_the_id(engine: FakeEngine, tmp_path: Path) -> None:
    execute(["-H", engine.host, "create", "--cidfile", str(tmp_path / "cid"), "busybox"])
    assert (tmp_path / "cid").read_text() == "abc"


def test_cidfile_is_not_written_over(engine: FakeEngine, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "cid").write_text("old")
    status = execute(["-H", engine.host, "create", "--cidfile", str(tmp_path / "cid"), "busybox"])
    assert (status, (tmp_path / "cid").read_text(), engine.requests) == (125, "old", [])
    assert "container ID file found" in capfd.readouterr().err


def test_every_flag_parser_that_the_grammar_names_exists() -> None:
    assert all(callable(load("options", flag.parse)) for flag in RUN.flags if flag.parse)


def test_every_flag_is_translated_or_the_clients_own() -> None:
    own = {
        "name", "platform", "pull", "quiet", "disable-content-trust", "help", "detach", "detach-keys", "sig-proxy",
        "cpu-count", "cpu-percent", "io-maxbandwidth", "io-maxiops",
        "kernel-memory", "attach", "interactive", "tty", "entrypoint", "stop-signal", "env", "env-file",
    }  # fmt: skip
    translated = {*CONFIG_FLAGS, *HOST_FLAGS, *(flag for flags in FAMILIES.values() for flag in flags)}
    assert {flag.of for flag in RUN.flags} == own | translated
