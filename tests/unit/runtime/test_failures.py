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
            'exec: "/etc": is a directory',
        ),
        ("exec /x: exec format error", CommandNotInvokable, "exec format error"),
        ("mount `/a` to `b`: Invalid argument", RuntimeFailure, "mount `/a` to `b`: Invalid argument"),
        ("", RuntimeFailure, "gave no reason"),
    ],
)
def test_complaints_become_errors_with_docker_texts(complaint: str, kind: type[Exception], text: str) -> None:
    error = classify("create", complaint)
    assert type(error) is kind
    assert text in str(error)
