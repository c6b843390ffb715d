"""Keeping credentials and forgetting them: in a credential helper if the configuration names one, else in
``config.json``, where base64 is all that covers them."""

import json
import os
import tempfile
from binascii import b2a_base64
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from . import credentialhelpers
from .configfile import understood
from .credentials import helper_of
from .session import CommandError, Session

Config = dict[str, Any]


def store(session: Session, credentials: dict[str, str]) -> None:
    """Keep ``username`` with ``password`` or ``identitytoken`` for its ``serveraddress``. CommandError."""
    key = credentials["serveraddress"]
    helper = helper_for(session.config, key)
    try:
        if helper:
            credentialhelpers.store(helper, credentials)
        _edit(session, lambda config: _with_entry(config, key, {} if helper else _entry(credentials), helper))
    except (ValueError, credentialhelpers.HelperError) as error:
        raise CommandError(f"Error saving credentials: {error}") from None


def erase(session: Session, keys: tuple[str, ...]) -> None:
    """Forget what belongs to any of the keys, which are spellings of one registry. A helper that fails for all of them
    is a warning. CommandError if the configuration cannot be written.
    """
    failures = {key: reason for key in keys if (reason := _failure_to_erase(session.config, key))}
    if len(failures) == len(keys):
        session.err.line("WARNING: could not erase credentials:")
        for key, reason in failures.items():
            session.err.line(f"{key}: {reason}")
    if not any(key in (session.config.get("auths") or {}) for key in keys):
        return
    try:
        _edit(session, lambda config: _without_entries(config, keys))
    except ValueError as error:
        raise CommandError(f"Error erasing credentials: {error}") from None


def helper_for(config: Config, key: str) -> str:
    """As ``helper_of``; and where nothing was ever kept, the helper that is installed."""
    if any(config.get(name) for name in ("auths", "credHelpers", "credsStore")):
        return helper_of(config, key)
    return credentialhelpers.preferred()


def config_file(session: Session) -> Path:
    return Path(session.config_dir) / "config.json"


def _entry(credentials: dict[str, str]) -> Config:
    pair = f"{credentials['username']}:{credentials.get('password', '')}"
    entry = {"auth": b2a_base64(pair.encode(), newline=False).decode()}
    token = credentials.get("identitytoken")
    return {**entry, "identitytoken": token} if token else entry


def _with_entry(config: Config, key: str, entry: Config, helper: str) -> Config:
    """A helper that the configuration did not name is named from now on."""
    auths = {**(config.get("auths") or {}), key: entry}
    named = {} if helper == helper_of(config, key) else {"credsStore": helper}
    return {**config, "auths": auths, **named}


def _without_entries(config: Config, keys: tuple[str, ...]) -> Config:
    auths = {key: entry for key, entry in (config.get("auths") or {}).items() if key not in keys}
    return {**config, "auths": auths}


def _failure_to_erase(config: Config, key: str) -> str:
    """Why a helper did not; "" when it did, or when there is none."""
    helper = helper_of(config, key)
    try:
        if helper:
            credentialhelpers.erase(helper, key)
    except credentialhelpers.HelperError as error:
        return str(error)
    return ""


def _edit(session: Session, change: Callable[[Config], Config]) -> None:
    """Replace the file at once by one with the change in it. ValueError, with its path, if that cannot be done or if it
    cannot be understood: it stays as it is then."""
    path = config_file(session).resolve()
    try:
        text = path.read_text().strip() if path.exists() else ""
        if mistake := understood(text)[1]:
            raise ValueError(mistake)
        config = json.loads(text or "{}") or {}
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _replace(path, json.dumps(change(config), indent="\t", ensure_ascii=False))
    except OSError as error:
        raise ValueError(f"{path}: {error.strerror}") from None
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None


def _replace(path: Path, text: str) -> None:
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
