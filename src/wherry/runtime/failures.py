"""What a runtime's complaint means: the one place that reads the texts of crun and runc."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from wherry.errors import CommandNotFound, CommandNotInvokable, RuntimeFailure, WherryError

_CRUN_NOT_FOUND = re.compile(r"executable file [`'\"](?P<path>[^`'\"]+)[`'\"] not found(?P<in_path> in \$PATH)?")
_CRUN_NO_NAME = re.compile(r"cannot find [`'\"]{2} in \$PATH")
_CRUN_NOT_EXECUTABLE = re.compile(r"the path [`'\"](?P<path>[^`'\"]+)[`'\"] exists but it is not executable")
_CRUN_NOT_A_FILE = re.compile(r"the path [`'\"](?P<path>[^`'\"]+)[`'\"] is not a regular file")
_CRUN_NOT_OPENED = re.compile(r"open executable: (?P<reason>[A-Z][a-z ]+)")  # 1.8, which does not say what
_RUNC_EXEC = re.compile(r'exec: \\*"(?P<path>[^"\\]+)\\*": (?P<reason>[^"]+)')
_EXEC_FORMAT = re.compile(r"exec format error", re.IGNORECASE)

# dockerd's words before those of its runtime, and the words of runc before its reason.
_FAILED = {
    "create": "failed to create task for container: failed to create shim task: OCI runtime create failed",
    "exec": "OCI runtime exec failed",
}
_RUNC = {"create": "runc create failed", "exec": "exec failed"}
_DIRECTORY = "is a directory"
_NOT_A_DIRECTORY = "not a directory"
_ADVICE = (
    ": Are you trying to mount a directory onto a file (or vice-versa)? "
    "Check if the specified host path exists and is the expected type"
)


def classify(action: str, message: str, command: str = "") -> WherryError:
    """The error for a runtime's ``message`` about a ``command``; ``action`` is ``create`` or ``exec``. Texts as Docker
    words them."""
    message = message.strip()
    found = _CRUN_NOT_FOUND.search(message)
    if found:
        return CommandNotFound(_text(action, found["path"], _missing(found["path"])))
    if _CRUN_NO_NAME.search(message):
        return CommandNotFound(_text(action, "", _missing("")))
    found = _CRUN_NOT_EXECUTABLE.search(message)
    if found:
        return CommandNotInvokable(_text(action, found["path"], "permission denied"))
    found = _CRUN_NOT_A_FILE.search(message)
    if found:
        return CommandNotInvokable(_text(action, found["path"], _DIRECTORY))
    found = _CRUN_NOT_OPENED.search(message)
    if found:
        return _not_opened(action, command, found["reason"].lower())
    found = _RUNC_EXEC.search(message)
    if found:
        reason = found["reason"].strip()
        kind = CommandNotInvokable if "permission denied" in reason or _DIRECTORY in reason else CommandNotFound
        return kind(_text(action, found["path"], reason))
    if _EXEC_FORMAT.search(message):
        return CommandNotInvokable(f"{_FAILED[action]}: exec format error: unknown")
    advice = _ADVICE if _NOT_A_DIRECTORY in message.lower() else ""
    return RuntimeFailure(f"{_FAILED[action]}: {message or 'the runtime gave no reason'}: unknown{advice}")


def _not_opened(action: str, command: str, reason: str) -> WherryError:
    if reason == _NOT_A_DIRECTORY:
        return CommandNotFound(_text(action, command, f"stat {command}: {reason}"))
    is_directory = reason == "operation not permitted"
    return CommandNotInvokable(_text(action, command, _DIRECTORY if is_directory else reason))


@contextmanager
def launching(action: str) -> Iterator[None]:
    """What the system refuses in the block, a process or a file for one, becomes a RuntimeFailure."""
    try:
        yield
    except OSError as error:
        raise classify(action, error.strerror or str(error)) from error


def _missing(path: str) -> str:
    return f"stat {path}: no such file or directory" if "/" in path else "executable file not found in $PATH"


def _text(action: str, path: str, reason: str) -> str:
    start = f"{_FAILED[action]}: {_RUNC[action]}: unable to start container process"
    text = f'{start}: exec: "{path}": {reason}: unknown'
    return f"{text}: permission denied" if reason == _DIRECTORY else text


def read_log(path: Path) -> str:
    """The last error of a runtime's JSON log (``--log-format json``), "" if it complained of nothing."""
    try:
        lines = path.read_text(errors="replace").splitlines()
    except FileNotFoundError:
        return ""
    entries = (msgspec.json.decode(line) for line in lines if line.startswith("{"))
    errors = [str(entry["msg"]) for entry in entries if entry.get("level") in ("error", "fatal")]
    return errors[-1] if errors else ""
