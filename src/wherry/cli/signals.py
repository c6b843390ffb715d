"""The C module behind ``signal``, which itself would import ``enum``."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from signal import (
        SIG_DFL,
        SIGCHLD,
        SIGINT,
        SIGPIPE,
        SIGTERM,
        SIGURG,
        SIGWINCH,
        default_int_handler,
        getsignal,
        raise_signal,
        signal,
        valid_signals,
    )
else:
    from _signal import (
        SIG_DFL,
        SIGCHLD,
        SIGINT,
        SIGPIPE,
        SIGTERM,
        SIGURG,
        SIGWINCH,
        default_int_handler,
        getsignal,
        raise_signal,
        signal,
        valid_signals,
    )

__all__ = [
    "SIGCHLD",
    "SIGINT",
    "SIGPIPE",
    "SIGTERM",
    "SIGURG",
    "SIGWINCH",
    "SIG_DFL",
    "default_int_handler",
    "getsignal",
    "raise_signal",
    "signal",
    "valid_signals",
]
