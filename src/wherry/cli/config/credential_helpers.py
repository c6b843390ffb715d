"""Programs that keep credentials: the protocol of github.com/docker/docker-credential-helpers.

``docker-credential-NAME get|store|erase`` takes a key or JSON on stdin, and gives JSON or a reason on stdout.
"""

from contextlib import suppress
from posix import X_OK, access
from subprocess import run

from ...client.jsonlite import dumps, loads
from ..session import getenv

PREFIX = "docker-credential-"
TOKEN_USER = "<token>"


class HelperError(Exception):
    """A helper could not be run, or did not do as it was told; ``str(error)`` is its reason."""


def get(helper: str, key: str) -> dict[str, str]:
    """``username`` and ``password``, or ``identitytoken``, with ``serveraddress``; {} when it knows none.

    HelperError.
    """
    try:
        found = loads(_ask(helper, "get", key.encode()))
        user, secret = found["Username"], found["Secret"]
    except NotKnown:
        return {}
    except (ValueError, LookupError) as error:
        raise HelperError(f"{PREFIX}{helper} gave no credentials: {error}") from None
    if user == TOKEN_USER:
        return {"identitytoken": secret, "serveraddress": key}
    return {"username": user, "password": secret, "serveraddress": key}


def store(helper: str, credentials: dict[str, str]) -> None:
    """Keep what ``get`` will give. HelperError."""
    token = credentials.get("identitytoken")
    user, secret = (TOKEN_USER, token) if token else (credentials["username"], credentials["password"])
    _ask(helper, "store", dumps({"ServerURL": credentials["serveraddress"], "Username": user, "Secret": secret}))


def erase(helper: str, key: str) -> None:
    """Forget what belongs to a key, if there is anything. HelperError."""
    with suppress(NotKnown):
        _ask(helper, "erase", key.encode())


def preferred() -> str:
    """The helper that is used where the configuration names none and holds nothing: one for ``pass`` or for the
    desktop's keyring, "" where it is not installed."""
    helper = "pass" if _is_on_path("pass") else "secretservice"
    return helper if _is_on_path(PREFIX + helper) else ""


class NotKnown(HelperError):
    """There are no credentials for the key."""


def _ask(helper: str, verb: str, request: bytes) -> bytes:
    try:
        answer = run([PREFIX + helper, verb], input=request, capture_output=True, check=False)
    except OSError as error:
        raise HelperError(f"{PREFIX}{helper}: {error.strerror}") from None
    if not answer.returncode:
        return answer.stdout
    reason = answer.stdout.decode(errors="replace").strip()
    raise (NotKnown if "not found" in reason else HelperError)(reason or f"{PREFIX}{helper} {verb} failed")


def _is_on_path(program: str) -> bool:
    return any(access(f"{folder}/{program}", X_OK) for folder in getenv("PATH").split(":"))
