"""--security-opt: a seccomp profile is a file of the client's, so its JSON is what is sent."""

from ...client.jsonlite import dumps, loads
from .files import read_file

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..flags import Options

BUILTIN_PROFILES = ("builtin", "unconfined")
UNCONFINED_PATHS = "systempaths=unconfined"
NEEDS_NO_VALUE = "no-new-privileges"


def settings(options: "Options") -> "dict[str, Any]":
    given = [_with_profile(text) for text in options["security-opt"]]
    host: dict[str, Any] = {"SecurityOpt": [text for text in given if text != UNCONFINED_PATHS]}
    if UNCONFINED_PATHS in given:
        host["MaskedPaths"] = []
        host["ReadonlyPaths"] = []
    return {"HostConfig": host}


def _with_profile(text: str) -> str:
    key, separator, value = text.partition("=")
    if not separator and key != NEEDS_NO_VALUE:
        key, separator, value = text.partition(":")
    if not value and key != NEEDS_NO_VALUE:
        raise ValueError(f'Invalid --security-opt: "{text}"')
    if key != "seccomp" or value in BUILTIN_PROFILES:
        return text
    return f"seccomp={_profile(value)}"


def _profile(path: str) -> str:
    try:
        text = read_file(path)
    except ValueError as error:
        raise ValueError(f"opening seccomp profile ({path}) failed: {error}") from None
    try:
        return dumps(loads(text)).decode()
    except ValueError as error:
        raise ValueError(f"compacting json for seccomp profile ({path}) failed: {error}") from None
