"""Contexts written and removed; ``contexts`` finds them."""

import json
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..session import DEFAULT_CONTEXT, CommandError, Session
from ..texts import natural
from .contexts import ENDPOINT, Context, Endpoint, default, document, find, folders
from .edit import Config, edit, replace
from .identity import FILES

_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.+-]+")


def check_name(name: str) -> None:
    """Raise CommandError for a name that no context of a file has."""
    if not name:
        raise CommandError("context name cannot be empty")
    if name == DEFAULT_CONTEXT:
        raise CommandError(f'"{name}" is a reserved context name')
    if not _NAME.fullmatch(name):
        raise CommandError(f'context name "{name}" is invalid, names are validated against regexp "^{_NAME.pattern}$"')


def every(session: Session) -> list[Context]:
    """All contexts in the order of their names, the default one among them. CommandError."""
    files = Path(session.config_dir, "contexts", "meta").glob("*/meta.json")
    try:
        names = [json.loads(file.read_text())["Name"] for file in files]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CommandError(f"contexts cannot be read: {error}") from None
    found = [default(session), *(find(session, name) for name in names)]
    return sorted(found, key=lambda context: natural(context.name))


def save(session: Session, name: str, description: str, endpoint: Endpoint) -> None:
    """Write a context, PEM files first: an endpoint that is shown has them. OSError, CommandError."""
    meta, tls = (Path(folder) for folder in folders(session, name))
    _copy_files(endpoint, tls / ENDPOINT)
    _write_metadata(meta, document(name, description, endpoint))


def restore(session: Session, name: str, metadata: dict[str, Any], files: Mapping[tuple[str, str], bytes]) -> None:
    """Write what was another context, under ``name``; ``files`` by endpoint and file name, one word each. OSError."""
    meta, tls = (Path(folder) for folder in folders(session, name))
    shutil.rmtree(tls, ignore_errors=True)
    for (endpoint, file), content in files.items():
        _write_file(tls / endpoint / file, content)
    _write_metadata(meta, {**metadata, "Name": name})


def _write_metadata(folder: Path, metadata: dict[str, Any]) -> None:
    folder.mkdir(mode=0o755, parents=True, exist_ok=True)
    replace(folder / "meta.json", json.dumps(metadata, separators=(",", ":")))


def _copy_files(endpoint: Endpoint, folder: Path) -> None:
    contents = {FILES[name]: Path(path).read_bytes() for name, path in endpoint.paths.items()}
    if folder in (Path(path).parent for path in endpoint.paths.values()):
        return
    shutil.rmtree(folder, ignore_errors=True)
    for name, content in contents.items():
        _write_file(folder / name, content)


def _write_file(path: Path, content: bytes) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_bytes(content)


def remove(context: Context) -> None:
    """Metadata first: what is left of the rest belongs to nobody."""
    shutil.rmtree(context.meta)
    shutil.rmtree(context.tls, ignore_errors=True)


def make_current(session: Session, name: str) -> None:
    """Name the context of all commands to come. CommandError."""

    def changed(config: Config) -> Config:
        rest = {key: value for key, value in config.items() if key != "currentContext"}
        return rest if name == DEFAULT_CONTEXT else {**rest, "currentContext": name}

    if (session.config.get("currentContext") or DEFAULT_CONTEXT) == name:
        return
    try:
        edit(session, changed)
    except ValueError as error:
        raise CommandError(str(error)) from None
