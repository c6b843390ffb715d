"""What becomes of a build's result if it is to be no image: files that go to the client."""

from contextlib import aclosing
from typing import Final

from wherry.build.client import Output
from wherry.buildkit.messages.control import Exporter
from wherry.buildkit.offers.sending import send_archive, send_directory
from wherry.buildkit.progress import Progress
from wherry.buildkit.session import Session
from wherry.buildkit.status import CallFailed, Code
from wherry.engine.ports import StackFiles

_TO_IMAGES: Final = ("moby", "image")


class DirectoryOutput:
    """``docker build -o directory``."""

    def __init__(self, session: Session, progress: Progress) -> None:
        self._session = session
        self._progress = progress

    async def take(self, result: StackFiles) -> None:
        with self._progress.doing("exporting to client directory") as activity:
            part = activity.part("copying files")
            await send_directory(self._session, result, part.go_on)
            part.end()


class ArchiveOutput:
    """``docker build -o type=tar``."""

    def __init__(self, session: Session, progress: Progress) -> None:
        self._session = session
        self._progress = progress

    async def take(self, result: StackFiles) -> None:
        with self._progress.doing("exporting to client tarball") as activity:
            part = activity.part("sending tarball")
            async with aclosing(result.archive()) as archive:
                await send_archive(self._session, archive, part.go_on)
            part.end()


class NoOutput:
    """Nothing but what the build cache has of it."""

    async def take(self, result: StackFiles) -> None:
        """Nobody wants it."""


def output_of(exporter: Exporter, session: Session, progress: Progress) -> Output | None:
    """None for an image. CallFailed for an exporter that there is not."""
    match exporter.type:
        case "":
            return NoOutput()
        case "local":
            return DirectoryOutput(session, progress)
        case "tar":
            return ArchiveOutput(session, progress)
        case other if other in _TO_IMAGES:
            return None
    raise CallFailed(Code.UNKNOWN, f'exporter "{exporter.type}" could not be found')
