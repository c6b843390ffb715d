"""``daemon.json``: read, and held against the flags. Rules and texts are dockerd's."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from wherry.cli.flags import Options
from wherry.daemon.flags import SETTINGS, Setting

_NAMES = {bool: "bool", int: "number", float: "number", str: "string", list: "array", dict: "object"}
_PROXIES = "proxies"
_FILED_ONLY = frozenset(("builder", "deprecated-key-path"))  # without a flag, and without effect here
_MERGED = "runtimes"  # those of the file and those of flags are all there


class FileError(Exception):
    """A file that makes no sense, or none together with the flags."""


def read(path: str, *, required: bool) -> dict[str, Any]:
    """What the file has, as it has it; one that is not there has nothing unless it is ``required``. FileError."""
    try:
        data = Path(path).read_bytes()
    except FileNotFoundError:
        if required:
            raise FileError(f"open {path}: no such file or directory") from None
        return {}
    except OSError as error:
        raise FileError(str(error)) from error
    try:
        return msgspec.json.decode(data.strip() or b"{}", type=dict[str, Any])
    except msgspec.DecodeError as error:
        raise FileError(str(error)) from error


def settings(found: Mapping[str, Any], flags: Options) -> dict[str, Any]:
    """The values of the file by key. FileError for a key that is none, a value of a wrong type, and for what flags
    say too."""
    found = _flat(found)
    known = {setting.key: setting for setting in SETTINGS}
    if unknown := list(_unknown(found, known)):
        raise FileError(f"the following directives don't match any configuration option: {', '.join(unknown)}")
    if twice := list(_twice(found, flags)):
        reason = "the following directives are specified both as a flag and in the configuration file"
        raise FileError(f"{reason}: {', '.join(twice)}")
    return {key: _load(known[key], value) for key, value in found.items() if value is not None}


def _flat(found: Mapping[str, Any]) -> dict[str, Any]:
    """The keys of proxies are written in an object of their own."""
    found = {key: value for key, value in found.items() if key not in _FILED_ONLY}
    proxies = found.get(_PROXIES)
    rest = {key: value for key, value in found.items() if key != _PROXIES}
    return {**rest, **proxies} if isinstance(proxies, dict) else found


def _unknown(found: Mapping[str, Any], known: Mapping[str, Setting]) -> Iterator[str]:
    for key, value in found.items():
        if key not in known:
            yield from value if isinstance(value, dict) else (key,)


def _twice(found: Mapping[str, Any], flags: Options) -> Iterator[str]:
    for setting in sorted(SETTINGS, key=lambda setting: setting.flag.name):
        name, key = setting.flag.name, setting.key
        if key in found and flags.given(name) and key != _MERGED:
            yield f"{key}: (from flag: {_shown(flags[name])}, from file: {_shown(found[key])})"


def _load(setting: Setting, value: Any) -> Any:
    if type(value) not in setting.types:
        wanted = _NAMES[setting.types[0]]
        raise FileError(f"json: cannot unmarshal {_NAMES[type(value)]} into {setting.key} of type {wanted}")
    try:
        return setting.load(value)
    except (ValueError, TypeError, AttributeError) as error:
        raise FileError(str(error)) from error


def _shown(value: Any) -> str:
    """As Go prints it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return f"[{' '.join(map(_shown, value))}]"
    if isinstance(value, dict):
        return f"map[{' '.join(f'{key}:{_shown(value[key])}' for key in sorted(value))}]"
    return str(value)
