"""The files of one log. ``<log>`` is being written; ``<log>.1``, ``<log>.2``, … were, numbered as they came, and bear
``.gz`` behind once they are packed. A file is renamed once: the numbers tell a reader where it is."""

import gzip
import os
import shutil
from pathlib import Path

from wherry.store.failures import explained


def rotated(path: Path) -> dict[int, Path]:
    """The files that are no longer written, oldest first. None where there is no folder."""
    found: dict[int, Path] = {}
    for name in _names(path):
        number, dot, packed = name.removeprefix(f"{path.name}.").partition(".")
        if number.isdecimal() and (not dot or packed == "gz"):
            plain = found.get(int(number))
            found[int(number)] = plain if plain and dot else path.with_name(name)
    return dict(sorted(found.items()))


def rotate(path: Path, kept: int) -> None:
    """Give the file that is written the next number, and remove the oldest but ``kept``."""
    with explained(f"rotate {path}"):
        number = max(rotated(path), default=0) + 1
        os.rename(path, path.with_name(f"{path.name}.{number}"))
        for name in _names(path):
            old = name.removeprefix(f"{path.name}.").partition(".")[0]
            if old.isdecimal() and int(old) <= number - kept:
                path.with_name(name).unlink()


def pack(path: Path) -> None:
    """Compress what is no longer written and is not yet; a crash leaves the plain file, or both."""
    with explained(f"compress {path}"):
        for plain in rotated(path).values():
            if plain.suffix == ".gz":
                continue
            target, half = (plain.with_name(f"{plain.name}{suffix}") for suffix in (".gz", ".gz.tmp"))
            with plain.open("rb") as source, gzip.open(half, "wb", compresslevel=1) as packed:
                shutil.copyfileobj(source, packed, 1 << 18)
            os.rename(half, target)
            plain.unlink()


def _names(path: Path) -> list[str]:
    try:
        return [name for name in os.listdir(path.parent) if name.startswith(f"{path.name}.")]
    except FileNotFoundError:
        return []
