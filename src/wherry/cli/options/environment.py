"""-e, --env-file, -l, --label-file, --annotation: key and value pairs, from the line and from files."""

from posix import environ

from ..session import getenv
from .files import read_file

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..flags import Options

WHITE = " \t"
BOM = "\ufeff"
PROXIES = {
    "HTTP_PROXY": "httpProxy",
    "HTTPS_PROXY": "httpsProxy",
    "NO_PROXY": "noProxy",
    "FTP_PROXY": "ftpProxy",
    "ALL_PROXY": "allProxy",
}


def variable(text: str) -> str:
    """``NAME=value`` as it is; ``NAME`` with the value it has here, or alone when it has none."""
    name, equals, _ = text.partition("=")
    if not name:
        raise ValueError(f"invalid environment variable: {text}")
    if equals or name.encode("utf-8", "surrogateescape") not in environ:
        return text
    return f"{name}={getenv(name)}"


def label(text: str) -> str:
    if not text or text.startswith("="):
        raise ValueError(f"invalid label '{text}': empty name")
    return text


def settings(options: "Options") -> "dict[str, Any]":
    lines = [line for path in options["label-file"] for line in _file_lines(path, keep_names=False)]
    part: dict[str, Any] = {"Labels": pairs(lines + options["label"])}
    if options.given("annotation"):
        part["HostConfig"] = {"Annotations": options["annotation"]}
    return part


def variables(options: "Options", proxies: "dict[str, Any]") -> list[str]:
    """The environment: files first, then ``-e`` (the last of a name wins), then the configured proxies."""
    from_files = [line for path in options["env-file"] for line in _file_lines(path, keep_names=True)]
    named = {text.partition("=")[0]: text for text in options["env"]}
    for name, value in proxy_variables(proxies).items():
        named.setdefault(name, f"{name}={value}")
    return from_files + list(named.values())


def proxy_variables(proxies: "dict[str, Any]") -> dict[str, str]:
    """What config.json says about proxies as variables, in capitals and in small letters."""
    found = {name: proxies[key] for name, key in PROXIES.items() if proxies.get(key)}
    return {spelled: value for name, value in found.items() for spelled in (name, name.lower())}


def pairs(lines: list[str]) -> dict[str, str]:
    """``key=value`` lines as a mapping; a key alone has the value ""."""
    split = (line.partition("=") for line in lines)
    return {key: value for key, _, value in split}


def _file_lines(path: str, *, keep_names: bool) -> list[str]:
    """The ``NAME=value`` lines of a file without comments; names alone are looked up here (``keep_names``) or dropped.

    ValueError when the file cannot be read or a name makes no sense.
    """
    try:
        text = read_file(path).decode("utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"poorly formatted environment: invalid utf8 bytes at byte {error.start}") from None
    found = []
    for line in text.removeprefix(BOM).splitlines():
        stripped = line.lstrip(WHITE)
        if not stripped or stripped.startswith("#"):
            continue
        name, equals, _ = stripped.partition("=")
        _check_name(name, stripped)
        if equals:
            found.append(stripped)
        elif keep_names and "=" in (looked_up := variable(name)):
            found.append(looked_up)
    return found


def _check_name(name: str, line: str) -> None:
    if not name:
        raise ValueError(f"poorly formatted environment: no variable name on line '{line}'")
    if any(white in name for white in WHITE):
        raise ValueError(f"poorly formatted environment: variable '{name}' contains whitespaces")
