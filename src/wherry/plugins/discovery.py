"""Where plugins are found: sockets, and files that name an address (moby ``pkg/plugins/discovery.go``)."""

import stat
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

from wherry.errors import InternalError

SOCKETS: Final = Path("/run/docker/plugins")
SPECS: Final = (Path("/etc/docker/plugins"), Path("/usr/lib/docker/plugins"))
_LONGEST: Final = 64 * 1024  # bytes of a file
_SCHEMES: Final = ("unix", "tcp", "http", "https")


class Tls(Struct, frozen=True, kw_only=True, rename={"insecure": "InsecureSkipVerify"}):
    """As a ``.json`` writes it: paths of PEM files. Without a ``CAFile`` nothing is verified."""

    insecure: bool = False
    ca: str = msgspec.field(default="", name="CAFile")
    cert: str = msgspec.field(default="", name="CertFile")
    key: str = msgspec.field(default="", name="KeyFile")


class Address(Struct, frozen=True, kw_only=True):
    """Of a plugin: the ``path`` of a socket, or ``host`` and ``port``, by TLS if there is any."""

    path: str = ""
    host: str = ""
    port: int = 0
    tls: Tls | None = None

    @property
    def url(self) -> str:
        """What requests are sent to, as dockerd calls it."""
        if self.path:
            return "http://plugin.moby.localhost"
        return f"{'https' if self.tls else 'http'}://{self.authority}"

    @property
    def authority(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


class _Spec(Struct, frozen=True, rename="pascal"):
    addr: str = ""
    tls: Tls = msgspec.field(default_factory=Tls, name="TLSConfig")


class Folders(Struct, frozen=True):
    """Where it is looked for plugins."""

    sockets: Path = SOCKETS
    specs: tuple[Path, ...] = SPECS

    def find(self, name: str) -> Address | None:
        """The address of a plugin; None if there is none of this name. InternalError for a file that is no address."""
        if not name or "/" in name or "\0" in name:
            return None
        for path in _candidates(self.sockets, name, (".sock",)):
            if _is_socket(path):
                return Address(path=str(path))
        for folder in self.specs:
            for path in _candidates(folder, name, (".spec", ".json")):
                if path.exists():
                    return _read(path)
        return None

    def names(self) -> tuple[str, ...]:
        """Of all plugins that there may be."""
        sockets = (path for path in _files((self.sockets,)) if _is_socket(path))
        return tuple(sorted({path.stem for path in (*sockets, *_files(self.specs))}))


def _candidates(folder: Path, name: str, suffixes: Iterable[str]) -> Iterator[Path]:
    for suffix in suffixes:
        yield folder / f"{name}{suffix}"
        yield folder / name / f"{name}{suffix}"


def _files(folders: Iterable[Path]) -> Iterator[Path]:
    for folder in folders:
        yield from (path for path in folder.glob("**/*") if not path.is_dir())


def _is_socket(path: Path) -> bool:
    try:
        return stat.S_ISSOCK(path.stat().st_mode)
    except OSError:
        return False


def _read(path: Path) -> Address:
    try:
        with path.open("rb") as file:
            text = file.read(_LONGEST)
        if path.suffix == ".spec":
            return _address(text.decode().strip(), Tls(insecure=True))
        spec = msgspec.json.decode(text, type=_Spec)
        return _address(spec.addr, spec.tls)
    except msgspec.DecodeError as error:
        raise InternalError(f"json: {error}") from None
    except (OSError, ValueError) as error:
        raise InternalError(str(error)) from None


def _address(text: str, tls: Tls) -> Address:
    """InternalError or ValueError if it is none."""
    parts: Any = urlsplit(text)
    if parts.scheme not in _SCHEMES:
        raise InternalError("Unknown protocol")
    if parts.scheme == "unix":
        return Address(path=parts.path)
    default = 443 if parts.scheme == "https" else 80
    return Address(
        host=parts.hostname or "127.0.0.1", port=parts.port or default, tls=tls if parts.scheme == "https" else None
    )
