"""Keeping credentials and forgetting them: in a credential helper if the configuration names one, else in
``config.json``, where base64 is all that covers them."""

from binascii import b2a_base64

from ..session import CommandError, Session
from . import credential_helpers
from .credentials import helper_of
from .edit import Config, edit


def store(session: Session, credentials: dict[str, str]) -> None:
    """Keep ``username`` with ``password`` or ``identitytoken`` for its ``serveraddress``. CommandError."""
    key = credentials["serveraddress"]
    helper = helper_for(session.config, key)
    try:
        if helper:
            credential_helpers.store(helper, credentials)
        edit(session, lambda config: _with_entry(config, key, {} if helper else _entry(credentials), helper))
    except (ValueError, credential_helpers.HelperError) as error:
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
        edit(session, lambda config: _without_entries(config, keys))
    except ValueError as error:
        raise CommandError(f"Error erasing credentials: {error}") from None


def helper_for(config: Config, key: str) -> str:
    """As ``helper_of``; and where nothing was ever kept, the helper that is installed."""
    if any(config.get(name) for name in ("auths", "credHelpers", "credsStore")):
        return helper_of(config, key)
    return credential_helpers.preferred()


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
            credential_helpers.erase(helper, key)
    except credential_helpers.HelperError as error:
        return str(error)
    return ""
