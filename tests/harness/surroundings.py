"""Where tests run: alike on every machine, whoever starts them."""

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

_KEPT = ("WHERRY_TEST_", "WHERRY_FUZZ", "WHERRY_WRITE_GOLDEN", "PYTEST_")  # meant for the tests themselves
_SET = {
    "DOCKER_BUILDKIT": "0",  # `docker build` builds with the engine, whether or not buildx is installed
    "DOCKER_CLI_HINTS": "false",
    "GIT_CONFIG_NOSYSTEM": "1",
    "LANG": "C.UTF-8",
    "SHELL": "/bin/sh",
    "TERM": "xterm",
    "TZ": "UTC",
    "USER": "root",
}
_FOLDERS = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")
_HEARD = (signal.SIGCHLD, signal.SIGHUP, signal.SIGQUIT, signal.SIGTERM, signal.SIGUSR1, signal.SIGUSR2)


@contextmanager
def same_everywhere() -> Iterator[None]:
    """For the block this process, and what it starts, has nobody's variables and home; umask and signals as usual.

    Docker's variables, its configuration at home, proxies, authorities, locale and time zone would change what the
    commands do. Home is an empty folder that is gone after the block; nothing else is put back.
    """
    home = tempfile.mkdtemp(prefix="wherry-home-", dir="/tmp")
    kept = {name: value for name, value in os.environ.items() if name.startswith(_KEPT)}
    folders = [folder for folder in os.environ.get("PATH", "").split(":") if folder]
    path = ":".join(dict.fromkeys([*folders, *_FOLDERS]))
    os.environ.clear()
    os.environ.update({**_SET, **kept, "HOME": home, "PATH": path})
    os.umask(0o022)
    _hear_signals()
    try:
        yield
    finally:
        shutil.rmtree(home)


def _hear_signals() -> None:
    """What is ignored or held back here would be by all children; and an ignored child's status is not to be had."""
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:  # as for what a shell has in the background
        signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in _HEARD:
        if signal.getsignal(number) == signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)
