"""Bodies that come in pieces."""

from collections.abc import AsyncIterator, Mapping
from typing import cast

from wherry.api.bodies import send_progress
from wherry.api.http import Request
from wherry.model.progress import Progress


class Asked:
    """A request, and the answer to it: ``calls`` has what was done, in order."""

    def __init__(self) -> None:
        self.calls: list[str] = []

    async def stream(self, content_type: str, *, headers: Mapping[str, str] | None) -> "Asked":
        self.calls.append("the answer begins")
        return self

    async def write(self, data: bytes) -> None:
        self.calls.append(data.decode())


async def test_an_answer_begins_when_there_is_something_to_tell() -> None:
    asked = Asked()

    async def work() -> AsyncIterator[Progress]:
        asked.calls.append("work")
        yield Progress(stream="done")

    await send_progress(cast("Request", asked), work(), in_band=True)

    assert asked.calls == ["work", "the answer begins", '{"stream":"done"}\r\n']
