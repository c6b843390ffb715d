"""Debian's docker-registry on a test host's loopback."""

import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.harness.engine import Host
from tests.harness.waiting import eventually

PORT = 5055
RELAY_PORT = 5056
_CONFIG = """
version: 0.1
log: {{accesslog: {{disabled: true}}, level: error}}
storage: {{filesystem: {{rootdirectory: {folder}}}}}
http: {{addr: "{address}:{port}"{tls}}}
{extra}
"""
# "open sesame", by bcrypt.
_HTPASSWD = "alice:$2b$05$abcdefghijklmnopqrstuupx2xBUC4954936wVIjyyPHmUBFu0wCW\n"


class Server:
    """A process that listens on loopback of ``host``; ended with the ``with`` block."""

    def __init__(self, host: Host, argv: list[str | Path], log: Path, port: int = PORT) -> None:
        self.host = host
        self.port = port
        self.address = f"localhost:{port}"
        with log.open("wb") as file:
            self._process = subprocess.Popen(host.inside(argv), stdout=file, stderr=file)
        eventually(self._listens)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._process.terminate()
        self._process.wait()

    def _listens(self) -> bool:
        listening = self.host.run(["ss", "-Hltn", f"sport = :{self.port}"]).stdout
        return bool(listening) and self._process.poll() is None


class Registry(Server):
    """docker-registry, its files under ``folder``. ``extra`` is more of its YAML, ``tls`` more of its ``http`` part."""

    def __init__(
        self,
        host: Host,
        folder: Path,
        *,
        extra: str = "",
        tls: str = "",
        address: str = "127.0.0.1",
        port: int = PORT,
    ) -> None:
        self.folder = folder / "registry"
        config = folder / f"registry-{port}.yml"
        config.write_text(_CONFIG.format(folder=self.folder, address=address, port=port, tls=tls, extra=extra))
        argv: list[str | Path] = ["docker-registry", "serve", config]
        super().__init__(host, argv, folder / f"registry-{port}.log", port)

    def push(self, archive: Path, name: str) -> None:
        """Put the image of a ``docker save`` archive there as ``name``."""
        self.host.run(
            [
                "skopeo",
                "copy",
                "--quiet",
                "--dest-tls-verify=false",
                f"docker-archive:{archive}",
                f"docker://{self.address}/{name}",
            ]
        )


def passwords(folder: Path) -> str:
    """Configuration of a registry that only alice may use, with "open sesame"."""
    file = folder / "htpasswd"
    file.write_text(_HTPASSWD)
    return f"auth: {{htpasswd: {{realm: tests, path: {file}}}}}"


def encrypted(certificate: Path, key: Path, clients: Path | None = None) -> str:
    """The ``http`` part of a registry with TLS, which asks for certificates of the authority ``clients`` if there is
    one."""
    asked = f", clientcas: [{clients}]" if clients else ""
    return f", tls: {{certificate: {certificate}, key: {key}{asked}}}"


class BreakingRelay(Server):
    """Leads to ``registry`` until clients have sent ``limit`` bytes: then it is gone."""

    def __init__(self, registry: Registry, folder: Path, limit: int) -> None:
        argv: list[str | Path] = [sys.executable, "-m", "tests.harness.relay", str(RELAY_PORT), str(registry.port)]
        super().__init__(registry.host, [*argv, str(limit)], folder / "relay.log", RELAY_PORT)
