"""Exit codes of what never ran (docker-run(1), "Exit status")."""

from wherry.errors import CommandNotFound, CommandNotInvokable

_NOT_FOUND = 127
_NOT_INVOKABLE = 126
_FAILED = 128


def exit_code_of(error: BaseException) -> int:
    """The code that a container gets when it could not be started."""
    if isinstance(error, CommandNotFound):
        return _NOT_FOUND
    return _NOT_INVOKABLE if isinstance(error, CommandNotInvokable) else _FAILED


def exec_exit_code_of(error: BaseException) -> int:
    """The code that an exec session gets when it could not be started."""
    return _NOT_FOUND if isinstance(error, CommandNotFound) else _NOT_INVOKABLE
