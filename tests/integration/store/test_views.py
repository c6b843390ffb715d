"""Views whose files lie on a server that is gone."""

import asyncio
from pathlib import Path

import pytest
from tests.harness.share import share
from tests.harness.waiting import eventually

from wherry.errors import InternalError
from wherry.model.mount import Viewed
from wherry.store.views import ViewFiles

pytestmark = pytest.mark.root


async def test_a_text_that_does_not_come_is_waited_for_beside_the_others(tmp_path: Path) -> None:
    with share(tmp_path / "share") as dead:
        dead.fall_silent()
        reading = asyncio.create_task(ViewFiles().read_text(Viewed(root=str(dead.folder), namespace=""), "/etc/passwd"))
        await asyncio.to_thread(eventually, lambda: dead.unanswered)
        assert not reading.done()
        dead.close()
        with pytest.raises(InternalError, match="read /etc/passwd"):
            await reading
