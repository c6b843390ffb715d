"""The request for a build, with what it is to be built from, and the lines of its answer.

Where that is a directory it is offered, if the engine knows ``POST /build/offered`` (wire/build.py); all else is sent.
"""

from ...client.connection import ApiError
from ...client.jsonlite import dumps, loads
from ..session import CommandError
from .context import compressed
from .stream import SENT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ...client.connection import Conversation
    from ...spans import Span
    from ..session import Session
    from .context import Context
    from .offering import Offering
    from .query import Query

WANTED = "wherry.wanted"
NOT_HERE = (403, 404)  # what an engine answers that does not know of offers, or does not allow them


class Asked:
    """``size`` is that of the context in bytes, None if it is the engine that fetches it."""

    def __init__(self, size: int | None, lines: "Iterator[bytes]") -> None:
        self.size = size
        self.lines = lines


def ask(
    session: "Session",
    query: "Query",
    headers: dict[str, str],
    context: "Context",
    *,
    compress: bool,
    sent: "Callable[[int], None]",
) -> Asked:
    """``sent`` is told how many bytes went before the answer. ApiError, CommandError."""
    if context.offering is not None and not compress:
        conversation = _converse(session, query, headers, context.offering)
        if conversation is not None:
            return _offer(conversation, context.offering)
    return _send(session, query, headers, context, compress, sent)


def _converse(
    session: "Session", query: "Query", headers: dict[str, str], offering: "Offering"
) -> "Conversation | None":
    asked = {**query, "wherry.directory": offering.key}
    try:
        return session.client.converse("/build/offered", query=asked, headers=headers)
    except ApiError as error:
        if error.status in NOT_HERE:
            return None
        raise


def _offer(conversation: "Conversation", offering: "Offering") -> Asked:
    try:
        conversation.send(offering.told())
    except CommandError:
        conversation.close()
        raise
    return Asked(offering.size, _answered(conversation, conversation.response().lines(), offering))


def _answered(conversation: "Conversation", lines: "Iterator[bytes]", offering: "Offering") -> "Iterator[bytes]":
    """The lines, but that what they ask for is sent, and how much that is comes in their place."""
    size = 0
    try:
        for line in lines:
            wanted = _wanted(line)
            if wanted is None:
                yield line
                continue
            for chunk in offering.contents(wanted):
                conversation.send((chunk,))
                size += len(chunk)
                yield dumps({"id": SENT, "aux": {"bytes": size}})
    finally:
        conversation.close()


def _wanted(line: bytes) -> list[int] | None:
    if WANTED.encode() not in line:
        return None
    message = loads(line)
    return message["aux"]["files"] if message.get("id") == WANTED else None


def _send(
    session: "Session",
    query: "Query",
    headers: dict[str, str],
    context: "Context",
    compress: bool,
    sent: "Callable[[int], None]",
) -> Asked:
    sizes: list[int] = []  # after each chunk
    body = context.chunks
    if body is not None:
        body = _counted(compressed(body) if compress else body, sizes, sent)
    response = session.client.call("POST", "/build", query=query, body=body, headers=headers)
    return Asked(sizes[-1] if sizes else None, response.lines())


def _counted(
    chunks: "Iterator[bytes | Span]", sizes: list[int], sent: "Callable[[int], None]"
) -> "Iterator[bytes | Span]":
    size = 0
    for chunk in chunks:
        yield chunk
        size += len(chunk)
        sizes.append(size)
        sent(size)
