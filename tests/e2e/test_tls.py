"""TCP sockets behind TLS: who is let in, what the others are told, and streams whose sides end one by one."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.harness.authority import Authority
from tests.harness.engine import TIMEOUT, Engine, program
from tests.harness.leftovers import assert_nothing_left

pytestmark = pytest.mark.root

ADDRESS = "tcp://127.0.0.1:2376"
HERE = "IP:127.0.0.1"
DOCKER_PY = """
import sys, docker
url, ca, cert, key = sys.argv[1:]
tls = docker.tls.TLSConfig(client_cert=(cert, key), ca_cert=ca, verify=True)
client = docker.DockerClient(base_url=url.replace("tcp", "https"), tls=tls)
container = client.containers.run("busybox", ["sleep", "1000"], detach=True)
print(container.exec_run(["sh", "-c", "echo out; echo err >&2"], demux=True).output)
container.remove(force=True)
"""


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    authority = Authority(tmp_path_factory.mktemp("pki"))
    authority.issue("server", HERE)
    authority.issue("client", "DNS:client")
    authority.expire("old", HERE)
    return authority


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """An authority that nobody here trusts."""
    stranger = Authority(tmp_path_factory.mktemp("strange-pki"))
    stranger.issue("client", "DNS:client")
    return stranger


def files(authority: Authority, name: str, trusted: Authority | None = None) -> list[str]:
    """The flags of one who trusts an authority and has its certificate ``name``."""
    folder = authority.folder
    ca = (trusted or authority).certificate
    return ["--tlsverify", f"--tlscacert={ca}", f"--tlscert={folder}/{name}.pem", f"--tlskey={folder}/{name}.key"]


@pytest.fixture(scope="module")
def guarded(disk: Path, busybox: Path, authority: Authority) -> Iterator[Engine]:
    engine = Engine(Path(tempfile.mkdtemp(prefix="engine-", dir=disk)), "-H", ADDRESS, *files(authority, "server"))
    engine.start()
    engine.run("docker", "import", str(busybox), "busybox")
    yield engine
    try:
        assert_nothing_left(engine)
    finally:
        engine.close()


class Visitor:
    """A client that comes over TCP."""

    def __init__(self, engine: Engine, client: str) -> None:
        self.engine = engine
        self.client = client

    def __call__(
        self, *arguments: str, address: str = ADDRESS, stdin: bytes = b"", **environ: str
    ) -> subprocess.CompletedProcess[bytes]:
        argv = self.engine.host.inside([program(self.client), "-H", address, *arguments])
        return subprocess.run(
            argv, input=stdin, capture_output=True, timeout=TIMEOUT, check=False, env={**os.environ, **environ}
        )

    def refused(self, *flags: str, address: str = ADDRESS) -> str:
        done = self(*flags, "ps", address=address)
        assert done.returncode == 1, done
        return done.stderr.decode()


@pytest.fixture
def visit(guarded: Engine, client: str) -> Visitor:
    return Visitor(guarded, client)


def test_who_has_a_certificate_is_let_in(visit: Visitor, authority: Authority, tmp_path: Path) -> None:
    assert visit(*files(authority, "client"), "version", "-f", "{{.Server.APIVersion}}").stdout == b"1.45\n"

    for name, file in (("ca.crt", "ca.pem"), ("client.pem", "cert.pem"), ("client.key", "key.pem")):
        (tmp_path / file).write_bytes((authority.folder / name).read_bytes())
    assert visit("ps", "-q", DOCKER_TLS_VERIFY="1", DOCKER_CERT_PATH=str(tmp_path)).returncode == 0
    assert visit("ps", "-q", DOCKER_TLS="1", DOCKER_CERT_PATH=str(tmp_path)).returncode == 0


def test_a_context_keeps_certificates(guarded: Engine, client: str, authority: Authority, tmp_path: Path) -> None:
    def typed(*arguments: str) -> str:
        argv = guarded.host.inside([program(client), *arguments])
        environ = {**os.environ, "DOCKER_CONFIG": str(tmp_path)}
        return subprocess.run(argv, capture_output=True, text=True, timeout=TIMEOUT, check=True, env=environ).stdout

    paths = f"ca={authority.certificate},cert={authority.folder}/client.pem,key={authority.folder}/client.key"
    typed("context", "create", "guarded", "--docker", f"host={ADDRESS},{paths}")

    assert typed("--context", "guarded", "version", "-f", "{{.Server.APIVersion}}") == "1.45\n"
    assert (next(tmp_path.glob("contexts/tls/*/docker/key.pem")).stat().st_mode & 0o777) == 0o600

    unverified = ",".join(("skip-tls-verify=true", *paths.split(",")[1:]))
    typed("context", "create", "trusting", "--docker", f"host={ADDRESS},{unverified}")
    assert typed("--context", "trusting", "version", "-f", "{{.Server.APIVersion}}") == "1.45\n"


def test_who_is_not_let_in(visit: Visitor, authority: Authority, stranger: Authority) -> None:
    assert "Client sent an HTTP request to an HTTPS server." in visit.refused()
    nobody = visit.refused("--tlsverify", f"--tlscacert={authority.certificate}")
    assert "remote error: tls: " in nobody
    unknown = visit.refused(*files(stranger, "client", trusted=authority))
    assert "remote error: tls: unknown certificate authority" in unknown
    assert "remote error: tls: expired certificate" in visit.refused(*files(authority, "old"))
    if visit.client == "wherry":  # others say it as the Go that they were built with
        assert nobody == "error during connect: remote error: tls: certificate required\n"


@pytest.mark.newer_docker(23)
def test_an_engine_that_cannot_be_trusted(
    visit: Visitor, authority: Authority, stranger: Authority, other: Engine
) -> None:
    strange = visit.refused(*files(authority, "client", trusted=stranger))
    assert "x509: certificate signed by unknown authority" in strange

    other.start("-H", "tcp://127.0.0.2:2376", "-H", "tcp://127.0.0.1:2377", *files(authority, "old"))
    visit.engine = other
    old = visit.refused(*files(authority, "client"), address="tcp://127.0.0.1:2377")
    assert "x509: certificate has expired or is not yet valid" in old


@pytest.mark.newer_docker(23)
def test_an_engine_of_another_name(visit: Visitor, authority: Authority, other: Engine) -> None:
    other.start("-H", "tcp://127.0.0.2:2376", *files(authority, "server"))
    visit.engine = other
    assert "x509: " in visit.refused(*files(authority, "client"), address="tcp://127.0.0.2:2376")


@pytest.mark.newer_docker(23)
def test_files_that_are_none(visit: Visitor, authority: Authority, stranger: Authority) -> None:
    missing = visit.refused("--tls", "--tlscacert=/nowhere")
    assert (
        missing == "Failed to initialize: unable to resolve docker endpoint: open /nowhere: no such file or directory\n"
    )
    key = f"--tlskey={stranger.folder}/client.key"
    assert "tls: private key does not match public key" in visit.refused(*files(authority, "client"), key)
    no_authority = f"--tlscacert={authority.folder}/ca.key"
    assert "ca.pem seems invalid" in visit.refused(*files(authority, "client"), no_authority)


def test_input_ends_before_output(visit: Visitor, authority: Authority) -> None:
    """The end of stdin is a close_notify; what the container says after it still comes."""
    flags = files(authority, "client")
    done = visit(*flags, "run", "--rm", "-i", "busybox", "sh", "-c", "wc -c; echo after", stdin=b"x" * 1_000_000)
    assert (done.stdout, done.stderr) == (b"1000000\nafter\n", b"")


def test_much_output_comes_whole(visit: Visitor, authority: Authority) -> None:
    flags = files(authority, "client")
    done = visit(*flags, "run", "--rm", "busybox", "head", "-c", "20000000", "/dev/zero")
    assert len(done.stdout) == 20_000_000


def test_a_large_file_comes_in_whole(visit: Visitor, authority: Authority, tmp_path: Path) -> None:
    """What is encrypted nobody but the engine reads."""
    flags = files(authority, "client")
    (tmp_path / "large").write_bytes(os.urandom(5_000_000))
    visit(*flags, "run", "-d", "--name", "box", "busybox", "sleep", "1000")
    try:
        visit(*flags, "cp", str(tmp_path / "large"), "box:/large")
        assert visit(*flags, "exec", "box", "cat", "/large").stdout == (tmp_path / "large").read_bytes()
    finally:
        visit(*flags, "rm", "-f", "box")


def test_exec_has_both_directions(visit: Visitor, authority: Authority) -> None:
    flags = files(authority, "client")
    visit(*flags, "run", "-d", "--name", "box", "busybox", "sleep", "1000")
    try:
        assert visit(*flags, "exec", "-i", "box", "cat", stdin=b"there and back").stdout == b"there and back"
    finally:
        visit(*flags, "rm", "-f", "box")


def test_a_build_by_buildkit(guarded: Engine, authority: Authority, plugin: Path, tmp_path: Path) -> None:
    visit, flags = Visitor(guarded, "docker"), files(authority, "client")
    (tmp_path / "Dockerfile").write_text("FROM busybox\nCOPY large /\nRUN wc -c /large\n")
    (tmp_path / "large").write_bytes(os.urandom(5_000_000))

    done = visit(*flags, "buildx", "build", "--progress=plain", str(tmp_path), DOCKER_CONFIG=str(plugin))

    assert b"5000000 /large" in done.stderr
    visit(*flags, "image", "prune", "--force")
    visit(*flags, "builder", "prune", "--all", "--force")


def test_docker_py(guarded: Engine, authority: Authority) -> None:
    folder = authority.folder
    paths = (authority.certificate, folder / "client.pem", folder / "client.key")
    environ = {name: value for name, value in os.environ.items() if not name.endswith("_CA_BUNDLE")}
    done = guarded.host.run([sys.executable, "-c", DOCKER_PY, ADDRESS, *paths], env=environ)
    assert done.stdout == "(b'out\\n', b'err\\n')\n"


def test_what_may_be_reached_without_a_certificate_is_told(other: Engine, authority: Authority) -> None:
    other.start("-H", ADDRESS)
    assert f"API is accessible on http://{ADDRESS.removeprefix('tcp://')} without encryption." in (
        other.run("docker", "info").stderr
    )
    assert "Binding to IP address without --tlsverify is insecure" in other.log.read_text()
    other.stop()

    flags = [flag for flag in files(authority, "server") if flag != "--tlsverify"]
    other.start("-H", ADDRESS, "--tlsverify=false", *flags)
    assert "without TLS client verification." in other.run("docker", "info").stderr
    visit = Visitor(other, "docker")
    assert visit("--tlsverify", f"--tlscacert={authority.certificate}", "ps").returncode == 0
