"""Small text files that a client offers."""

import posixpath
from collections.abc import Mapping
from contextlib import aclosing

from wherry.build.client import Offer
from wherry.errors import InvalidArgument
from wherry.model.mirror import OfferedFile

_MOST_BYTES = 16 << 20
_MAX_LINKS = 40  # as path_resolution(7)


async def read_texts(offer: Offer, names: tuple[str, ...]) -> dict[str, str]:
    """Those of the files that are there, by the names that were asked for; links lead where they lead among what is
    offered. InvalidArgument for very long ones."""
    files = [offer.told.file(number) for number in range(len(offer.told.tokens))]
    by_path = {file.path: file for file in files}
    found = {name: file for name in names if (file := _found(by_path, name.encode())) is not None}
    numbers = {file.path: number for number, file in enumerate(files)}
    texts = await _contents(offer, sorted({numbers[file.path] for file in found.values()}))
    return {name: texts[numbers[file.path]] for name, file in found.items()}


def _found(files: Mapping[bytes, OfferedFile], path: bytes) -> OfferedFile | None:
    """The regular file at the end of a path of links, each the last part of its path; None if there is none."""
    for _ in range(_MAX_LINKS):
        file = files.get(posixpath.normpath(path).lstrip(b"/"))
        if file is None or (not file.link and not file.is_regular):
            return None
        if not file.link:
            return file
        path = file.link if file.is_regular else posixpath.join(posixpath.dirname(file.path), file.link)
    return None


async def _contents(offer: Offer, wanted: list[int]) -> dict[int, str]:
    pieces: dict[int, list[bytes]] = {number: [] for number in wanted}
    size = 0
    async with aclosing(offer.contents(wanted)) as contents:
        async for number, piece in contents:
            pieces[number].append(piece)
            size += len(piece)
            if size > _MOST_BYTES:
                raise InvalidArgument("the Dockerfile is too long")
    return {number: b"".join(parts).decode("utf-8", "replace") for number, parts in pieces.items()}
