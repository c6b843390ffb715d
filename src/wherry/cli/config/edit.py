"""``config.json`` changed: as a whole or not at all."""

import json
import os
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from ..session import Session
from . import understood

Config = dict[str, Any]


def path_of(session: Session) -> Path:
    return Path(session.config_dir) / "config.json"


def edit(session: Session, change: Callable[[Config], Config]) -> None:
    """Replace the file at once by one with the change in it. ValueError, with its path, if that cannot be done or if it
    cannot be understood: it stays as it is then."""
    path = path_of(session).resolve()
    try:
        text = path.read_text().strip() if path.exists() else ""
        if mistake := understood(text)[1]:
            raise ValueError(mistake)
        config = json.loads(text or "{}") or {}
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        replace(path, json.dumps(change(config), indent="\t", ensure_ascii=False))
    except OSError as error:
        raise ValueError(f"{path}: {error.strerror}") from None
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None


def replace(path: Path, text: str) -> None:
    """The new file has owner and mode of the old one; a first one is for its owner alone."""
    with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix=path.name, delete=False) as file:
        try:
            file.write(text)
            file.flush()
            with suppress(FileNotFoundError):
                old = path.stat()
                os.fchmod(file.fileno(), old.st_mode & 0o777)
                os.fchown(file.fileno(), old.st_uid, old.st_gid)
            os.fsync(file.fileno())
            os.replace(file.name, path)
        except BaseException:
            os.unlink(file.name)
            raise
