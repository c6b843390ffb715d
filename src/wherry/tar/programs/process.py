"""The process of a program: how it is confined to the one directory that it can reach by name, and how it ends.

chroot(2) is enough of a cage: nothing of a layer is executed, no descriptor from outside but those of the lower layers
is open, and a mount namespace would pin the mounts of all containers meanwhile.

It starts often: this imports little.
"""

import ctypes
import os
import resource
import sys
from _frozen_importlib import BuiltinImporter, FrozenImporter  # loaded in any case, which importlib is not
from collections.abc import Callable, Iterator
from itertools import chain

from ..bodies import body, read
from ..format.header import TarError
from ..layers.extract import NO_SPACE
from .protocol import APPLIED, CONNECTION, CORRUPT, FAILED, FULL, REFUSED

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8  # malloc.h
_MALLOC = ((_M_MMAP_THRESHOLD, 1 << 25), (_M_TRIM_THRESHOLD, 1 << 28), (_M_ARENA_MAX, 1))
_MAX_DEPTH = 10_000  # of directories that are removed whole or measured; a name can make 2000


class Refused(Exception):
    """What was asked for cannot be, and who asked is to be told why."""


def end_with(work: Callable[[], str]) -> None:
    """Never returns: it ends the process with what comes of ``work``, and with it threads that wait for input."""
    sys.setrecursionlimit(_MAX_DEPTH)
    _keep_memory()
    try:
        status, text = APPLIED, work()
    except TarError as error:
        status, text = CORRUPT, str(error)
    except Refused as error:
        status, text = REFUSED, str(error)
    except OSError as error:
        status, text = FULL if error.errno in NO_SPACE else FAILED, error.strerror or str(error)
    except RecursionError:
        status, text = CORRUPT, "directories are nested too deeply"
    except RuntimeError as error:  # there may be no more threads
        status, text = FAILED, str(error)
    except BaseException as error:  # noqa: BLE001 - told and ended here: an interpreter that ends by itself in a chroot aborts
        os.write(2, _trace(error).encode("utf-8", "surrogateescape"))
        os._exit(1)
    os.write(1, text.encode("utf-8", "surrogateescape"))
    os._exit(status)


def _keep_memory() -> None:
    """What is freed is not given back. By default glibc maps each large chunk anew, and touching its pages takes longer
    than inflating into them."""
    libc = ctypes.CDLL(None)
    if hasattr(libc, "mallopt"):  # musl has none
        for option, value in _MALLOC:
            libc.mallopt(option, value)


def open_many_files() -> None:
    """As many as this process may: layers are open together."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def confine(into: str) -> int:
    """Makes a directory all that this process can reach by name; gives it open."""
    stop_loading()
    os.chroot(into)
    os.umask(0)
    return os.open("/", os.O_RDONLY | os.O_DIRECTORY)


def stop_loading() -> None:
    """From now on modules that are not loaded are not found. To be called before another root is entered: files of a
    container or a layer may be where ours were, and Python imports more when nobody asks it to (``traceback`` at a
    fault, from 3.13 on)."""
    sys.meta_path[:] = (BuiltinImporter, FrozenImporter)
    sys.path.clear()
    sys.path_hooks.clear()
    sys.path_importer_cache.clear()


def sent(framing: str) -> Iterator[bytes]:
    """What a client sends: standard input, and if there is a ``framing`` the body that begins there in this framing and
    goes on on the connection."""
    return body(framing, chain(standard_input(), _fed(CONNECTION))) if framing else standard_input()


def standard_input() -> Iterator[bytes]:
    """Standard input; the end of the process that feeds it is the end of this one too."""
    return _fed(0)


def _trace(error: BaseException) -> str:
    """Where it came from, without the lines themselves: no file is opened for it."""
    lines, at = [], error.__traceback__
    while at is not None:
        lines.append(f"{at.tb_frame.f_code.co_filename}:{at.tb_lineno}: in {at.tb_frame.f_code.co_name}\n")
        at = at.tb_next
    return f"{''.join(lines)}{type(error).__name__}: {error}\n"


def _fed(fd: int) -> Iterator[bytes]:
    feeder = os.getppid()
    for chunk in read(fd):
        if os.getppid() != feeder:
            os._exit(FAILED)
        yield chunk
