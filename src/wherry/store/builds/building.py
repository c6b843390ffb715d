"""What builds do with files: folders of their own, contexts unpacked, files looked at and copied into layers.

All that writes by names of a context or of an image is done by a confined process, ``tar.programs.build``.
"""

import asyncio
import hashlib
import os
import posixpath
from collections.abc import AsyncGenerator, AsyncIterable
from pathlib import Path
from typing import Any

import msgspec

from wherry.errors import CorruptLayer, InternalError, InvalidArgument
from wherry.model.build import Placement, Selected, Selection
from wherry.model.download import Download
from wherry.model.image import Applied
from wherry.model.remapping import RemappedFiles
from wherry.store.builds.mirrors import read_digests
from wherry.store.failures import explained, reason
from wherry.store.programs.children import Child, Start
from wherry.store.programs.intake import once, poured, received
from wherry.store.trees.removal import discard
from wherry.store.trees.stack_files import StackFiles
from wherry.store.trees.stacks import read_text, unlink
from wherry.store.trees.stubs import clear_stubs
from wherry.store.trees.walking import tree_size
from wherry.tar import pack
from wherry.tar.builds.ignoring import IGNORE_FILE, read_ignored, read_patterns
from wherry.tar.builds.selecting import REFUSALS, select
from wherry.threads import Threads

_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC


class BuildFiles:
    """The folder ``builds``, which exists, and work on layers."""

    def __init__(
        self, folder: Path, threads: Threads, remapped: RemappedFiles | None = None, start: Start = Child
    ) -> None:
        self._folder = folder
        self._start = start
        self._view = remapped.view / folder.name if remapped else folder
        self._threads = threads

    async def begin(self) -> Path:
        """A new empty folder. Nothing of it outlives the engine."""
        folder = self._folder / os.urandom(16).hex()
        try:
            await self._threads.run(_make, folder)
        except BaseException:
            await discard(folder, self._threads)
            raise
        return folder

    def bindable(self, path: Path) -> Path:
        """What is in a folder of a build, where containers may mount it: its owners are there who they are in them."""
        return self._view / path.relative_to(self._folder)

    async def remove(self, folder: Path) -> None:
        await discard(folder, self._threads)

    async def unpack(self, chunks: AsyncIterable[bytes], into: Path) -> None:
        """An archive, compressed or plain, to a directory; closes ``chunks``. InvalidArgument for what is none."""
        try:
            await received(self._start, "context", (into,), chunks)
        except CorruptLayer as error:
            raise InvalidArgument(str(error)) from error
        finally:
            if isinstance(chunks, AsyncGenerator):
                await chunks.aclose()

    def ignored(self, text: str) -> tuple[str, ...]:
        """The patterns of a .dockerignore. InvalidArgument for a malformed one."""
        try:
            read_ignored(text)
            return tuple(read_patterns(text))
        except ValueError as error:
            raise InvalidArgument(str(error)) from None

    async def leave_out(self, context: Path, names: tuple[str, ...]) -> None:
        """Remove those of the files ``names`` that the .dockerignore of a context leaves out.

        InvalidArgument for a malformed pattern in it.
        """
        with explained(f"reading {context}"):
            await self._threads.run(_leave_out, context, names)

    async def select(self, selections: tuple[Selection, ...]) -> Selected:
        """What there is of them. InvalidArgument for a malformed pattern."""
        return await self._threads.run(_select, selections)

    async def place(self, placement: Placement, into: Path, lowers: tuple[Path, ...]) -> Applied:
        """Copy what there is to the empty layer directory ``into``, which stands on ``lowers``, the uppermost first.

        InvalidArgument where a file is in the way, CorruptLayer for a broken archive.
        """
        request = {**msgspec.structs.asdict(placement), "into": into, "lowers": lowers}
        return msgspec.convert(await self._perform("place", request), Applied)

    async def make_directory(self, path: str, into: Path, lowers: tuple[Path, ...]) -> Applied:
        """A layer with a directory, if ``lowers`` have none there. InvalidArgument where a file is in the way."""
        request = {"path": path, "into": into, "lowers": lowers}
        return msgspec.convert(await self._perform("make", request), Applied)

    async def squash(self, layers: tuple[Path, ...], into: Path, lowers: tuple[Path, ...]) -> Applied:
        """Make one layer of several: what they change together in ``lowers``; the uppermost first each."""
        request = {"layers": layers, "into": into, "lowers": lowers}
        return msgspec.convert(await self._perform("squash", request), Applied)

    async def write(self, folder: Path, name: str, content: str, mode: int) -> None:
        """A new file in a folder."""
        await self._threads.run(_write, folder, name, content, mode)

    async def receive(self, folder: Path, name: str, file: Download) -> str:
        """A file of the web to a folder, for nobody but its owner to read; gives its digest. To its end."""
        path = _inside(folder, name)
        digest = hashlib.sha256()
        with explained(f"create {path}"), open(os.open(path, _NEW, 0o600), "wb") as target:
            async for chunk in file.chunks:
                digest.update(chunk)
                await self._threads.run(target.write, chunk)
            target.flush()
            os.utime(target.fileno(), ns=(file.modified, file.modified))
        return f"sha256:{digest.hexdigest()}"

    async def clear_stubs(self, upper: Path, lowers: tuple[Path, ...], targets: tuple[str, ...]) -> None:
        """Take away what was made in an overlay's upper directory for something to be mounted onto."""
        if targets:
            with explained(f"reading {upper}"):
                await self._threads.run(clear_stubs, upper, lowers, targets)

    async def identify(self, upper: Path) -> Applied:
        """What an overlay's upper directory is as a layer."""
        with explained(f"reading {upper}"):
            return await asyncio.to_thread(_identify, upper)

    def stack(self, trees: tuple[Path, ...]) -> StackFiles:
        """The files of a stack of trees, the uppermost first, to be written elsewhere."""
        return StackFiles(trees, self._threads)

    async def read_text(self, trees: tuple[Path, ...], path: str) -> str:
        """A small text file of a stack of trees, the uppermost first; "" if it is not there."""
        return await self._threads.run(read_text, trees, path)

    async def _perform(self, task: str, request: dict[str, Any]) -> Any:
        encoded = msgspec.json.encode(request, enc_hook=os.fspath)
        return msgspec.json.decode(await poured(self._start, "build", (task,), once(encoded)))


def _select(selections: tuple[Selection, ...]) -> Selected:
    try:
        count, digest, missing = select(list(map(_told, selections)))
    except ValueError as error:
        raise InvalidArgument(f"syntax error in pattern: {error}") from error
    except OSError as error:
        if error.errno in REFUSALS:
            raise InvalidArgument(reason(error)) from error
        raise InternalError(f"reading what is to be copied: {reason(error)}") from error
    return Selected(count=count, digest=digest, missing=None if missing is None else os.fsdecode(missing))


def _told(selection: Selection) -> dict[str, Any]:
    digests = read_digests(selection.index) if selection.index else {}
    return {**msgspec.structs.asdict(selection), "digests": digests}


def _make(folder: Path) -> None:
    with explained(f"create {folder}"):
        folder.mkdir()
        folder.chmod(0o755)  # commands of any user may see what is bound; who reaches it is said by the folder above


def _inside(folder: Path, name: str) -> Path:
    """The entry ``name`` of a folder that holds what builds call as they like."""
    if name in ("", ".", "..") or "/" in name or "\0" in name:
        raise InvalidArgument(f"invalid file name: {name!r}")
    return folder / name


def _write(folder: Path, name: str, content: str, mode: int) -> None:
    path = _inside(folder, name)
    with explained(f"create {path}"):
        path.write_text(content)
        path.chmod(mode)


def _identify(upper: Path) -> Applied:
    digest = hashlib.sha256()
    for chunk in pack.diff(os.fspath(upper)):
        digest.update(chunk)
    return Applied(diff_id=f"sha256:{digest.hexdigest()}", size=tree_size(upper), entries=0)


def _leave_out(context: Path, names: tuple[str, ...]) -> None:
    text = read_text((context,), IGNORE_FILE)
    try:
        ignored = read_ignored(text)
    except ValueError as error:
        raise InvalidArgument(str(error)) from None
    for name in filter(ignored.__contains__, map(posixpath.normpath, names)):
        unlink(context, os.fsencode(name))
