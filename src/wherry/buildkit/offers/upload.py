"""An archive that a client has on its standard input, or the like: ``moby.upload.v1.Upload``."""

from collections.abc import AsyncGenerator
from typing import Final
from urllib.parse import urlsplit

from wherry.buildkit.messages.common import Bytes
from wherry.buildkit.protobuf import decode
from wherry.buildkit.session import Session

PULL: Final = "/moby.upload.v1.Upload/Pull"
_PLACE: Final = "http://buildkit-session/"


def is_upload(url: str) -> bool:
    """Whether it means something that the client of the session has."""
    return url.startswith(_PLACE)


async def uploaded(session: Session, url: str) -> AsyncGenerator[bytes, None]:
    """What such a URL means. CallFailed."""
    parts = urlsplit(url)
    metadata = {"urlpath": (parts.path,), "urlhost": (parts.netloc,)}
    async with session.stream(PULL, metadata) as stream:
        while (message := await stream.receive()) is not None:
            yield decode(Bytes, message).data
