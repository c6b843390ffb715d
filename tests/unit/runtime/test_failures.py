"""What crun's and runc's complaints mean. The texts were read off crun 1.21 and runc 1.1.15."""

import pytest

from wherry.errors import CommandNotFound, CommandNotInvokable, RuntimeFailure
from wherry.runtime.failures import classify


@pytest.mark.parametrize(
    ("complaint", "kind", "text"),
    [
        (
            "executable file `/nonexist` not found: No such file or directory",
            CommandNotFound,
            'exec: "/nonexist": stat /nonexist: no such file or directory',
        ),
        (
            "cannot find `` in $PATH: No such file or directory",
            CommandNotFound,
            'exec: "": executable file not found in $PATH',
        ),
        (
            "executable file `nope` not found in $PATH: No such file or directory",
            CommandNotFound,
            'exec: "nope": executable file not found in $PATH',
        ),
        (
            "the path `/etc/passwd` exists but it is not executable: Operation not permitted",
            CommandNotInvokable,
            'exec: "/etc/passwd": permission denied',
        ),
        (
            'runc create failed: unable to start container process: exec: "/nonexist": stat /nonexist: '
            "no such file or directory",
            CommandNotFound,
            'exec: "/nonexist": stat /nonexist: no such file or directory',
        ),
        (
            'exec failed: unable to start container process: exec: "/etc/passwd": permission denied',
            CommandNotInvokable,
            'exec: "/etc/passwd": permission denied',
        ),
        (
            "the path `/etc` is not a regular file: Operation not permitted",
            CommandNotInvokable,
            'exec: "/etc": is a directory: unknown: permission denied',
        ),
        ("exec /x: exec format error", CommandNotInvokable, "exec format error"),
        ("mount `/a` to `b`: Invalid argument", RuntimeFailure, "mount `/a` to `b`: Invalid argument"),
        (
            "mount `/etc/passwd` to `tmp`: Not a directory",
            RuntimeFailure,
            "unknown: Are you trying to mount a directory onto a file (or vice-versa)?",
        ),
        ("", RuntimeFailure, "gave no reason"),
    ],
)
def test_complaints_become_errors_with_docker_texts(complaint: str, kind: type[Exception], text: str) -> None:
    error = classify("create", complaint)
    assert type(error) is kind
    assert text in str(error)


def test_the_whole_texts_are_dockerds() -> None:
    complaint = "executable file `nope` not found in $PATH: No such file or directory"
    reason = 'unable to start container process: exec: "nope": executable file not found in $PATH: unknown'
    created = "failed to create task for container: failed to create shim task: OCI runtime create failed"

    assert str(classify("create", complaint)) == f"{created}: runc create failed: {reason}"
    assert str(classify("exec", complaint)) == f"OCI runtime exec failed: exec failed: {reason}"


@pytest.mark.parametrize(
    ("reason", "kind", "text"),
    [
        ("Permission denied", CommandNotInvokable, 'exec: "/x": permission denied: unknown'),
        ("Operation not permitted", CommandNotInvokable, 'exec: "/x": is a directory: unknown: permission denied'),
        ("Not a directory", CommandNotFound, 'exec: "/x": stat /x: not a directory: unknown'),
    ],
)
def test_crun_1_8_does_not_say_what_it_could_not_open(reason: str, kind: type[Exception], text: str) -> None:
    error = classify("exec", f"open executable: {reason}", "/x")
    assert type(error) is kind
    assert str(error) == f"OCI runtime exec failed: exec failed: unable to start container process: {text}"
