"""ADD from the web."""

import re
from urllib.parse import unquote

from wherry.build.plan.actions import CopyFiles
from wherry.build.solver.workspace import Workspace
from wherry.engine.ports import BuildFiles, Web
from wherry.errors import InvalidArgument
from wherry.model.build import Selection

_QUERY = re.compile("[?#]")


class Downloads:
    def __init__(self, *, files: BuildFiles, web: Web) -> None:
        self._files = files
        self._web = web

    async def selection(self, url: str, action: CopyFiles, space: Workspace) -> Selection:
        """The file of a URL, fetched to a folder of its own. What the web raises; InvalidArgument if it is not
        what ``action`` says, or has no name."""
        name = _name(url, action.destination)
        into = await space.folder()
        async with self._web.open(url) as file:
            digest = await self._files.receive(into, name, file)
        if action.checksum and digest != action.checksum:
            raise InvalidArgument(f"digest mismatch {digest}: {action.checksum}")
        return Selection(trees=(into,), patterns=(name,), unpack=action.unpack is True)


def _name(url: str, destination: str) -> str:
    """What the file is called in a directory; it matters for that only."""
    if not destination.endswith("/"):
        return "file"
    path = _QUERY.split(url.partition("://")[2], maxsplit=1)[0].partition("/")[2]
    name = unquote(path).rpartition("/")[2]
    if name in ("", ".", ".."):
        raise InvalidArgument(f"cannot determine filename for source {url}")
    return name
