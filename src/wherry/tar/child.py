"""The process that applies one layer: it reads the layer from standard input and can touch one directory only.

Arguments: the directory, then those of the layers below, the uppermost first. The end is told by exit status
and one text on standard output: 0 and ``DIFF_ID SIZE ENTRIES``, 3 and what is wrong with the layer, 4 and what
is wrong with this host, 6 if its disk is full (1 and a traceback: and what is wrong with this code).

The three stages run in threads of their own, for inflating and hashing release the GIL. chroot(2) is enough of
a cage: nothing of the layer is executed, no descriptor from outside but those of the lower layers is open, and
a mount namespace would pin the mounts of all containers meanwhile.
"""

import hashlib
import os
import queue
import resource
import sys
import threading
from collections.abc import Callable, Iterator

from .compression import decompressed
from .extract import NO_SPACE, Extractor
from .header import TarError
from .merged import Merged
from .stream import Stream

APPLIED, CORRUPT, FAILED, REFUSED, FULL = 0, 3, 4, 5, 6

_READ = 1 << 18
_CHUNKS_AHEAD = 16
_MAX_DEPTH = 10_000  # of directories that are removed whole or measured; a name can make 2000

_Chunks = queue.Queue[bytes | Exception]


class Refused(Exception):
    """What was asked for cannot be, and who asked is to be told why."""


def main() -> None:
    end_with(lambda: _apply(sys.argv[1], tuple(sys.argv[2:])))


def end_with(work: Callable[[], str]) -> None:
    """Never returns: it ends the process with what comes of ``work``, and with it threads that wait for input."""
    sys.setrecursionlimit(_MAX_DEPTH)
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
    except BaseException:  # noqa: BLE001 - told and ended here: an interpreter that ends by itself in a chroot aborts
        sys.excepthook(*sys.exc_info())
        os._exit(1)
    os.write(1, text.encode("utf-8", "surrogateescape"))
    os._exit(status)


def _apply(into: str, parents: tuple[str, ...]) -> str:
    open_many_files()
    lowers = Merged.open(parents)
    chunks = decompressed(standard_input())
    root = confine(into)

    to_extract, to_hash = _Chunks(_CHUNKS_AHEAD), _Chunks(_CHUNKS_AHEAD)
    digest = hashlib.sha256()
    threading.Thread(target=_spread, args=(chunks, (to_extract, to_hash)), daemon=True).start()
    hasher = threading.Thread(target=_hash, args=(to_hash, digest.update), daemon=True)
    hasher.start()
    extractor = Extractor(root, Stream(_drawn(to_extract)), lowers)
    extractor.run()
    hasher.join()
    return f"sha256:{digest.hexdigest()} {extractor.size} {extractor.count}"


def open_many_files() -> None:
    """As many as this process may: layers are open together."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def confine(into: str) -> int:
    """Makes a directory all that this process can reach by name; gives it open."""
    os.chroot(into)
    os.umask(0)
    return os.open("/", os.O_RDONLY | os.O_DIRECTORY)


def standard_input() -> Iterator[bytes]:
    """Standard input; the end of the process that feeds it is the end of this one too."""
    feeder = os.getppid()
    while chunk := os.read(0, _READ):
        if os.getppid() != feeder:
            os._exit(FAILED)
        yield chunk


def _spread(chunks: Iterator[bytes], queues: tuple[_Chunks, ...]) -> None:
    end: bytes | Exception = b""
    try:
        for chunk in chunks:
            for each in queues:
                each.put(chunk)
    except Exception as error:  # noqa: BLE001 - raised again where the chunks are drawn
        end = error
    for each in queues:
        each.put(end)


def _hash(chunks: _Chunks, update: Callable[[bytes], None]) -> None:
    while isinstance(chunk := chunks.get(), bytes) and chunk:
        update(chunk)


def _drawn(chunks: _Chunks) -> Iterator[bytes]:
    while chunk := chunks.get():
        if isinstance(chunk, Exception):
            raise chunk
        yield chunk
