"""Views whose files lie on a server that is gone."""

import asyncio
import os
from contextlib import ExitStack
from pathlib import Path

import pytest
from tests.harness.share import share
from tests.harness.waiting import eventually

from wherry.errors import InternalError
from wherry.model.mount import Viewed
from wherry.store.views import ViewFiles

pytestmark = pytest.mark.root


async def test_a_text_that_does_not_come_is_waited_for_beside_the_others(tmp_path: Path) -> None:
    with share(tmp_path / "share") as dead, ExitStack() as stack:
        root = os.open(dead.folder, os.O_PATH)
        stack.callback(os.close, root)
        dead.fall_silent()
        viewed = Viewed(root=f"/proc/self/fd/{root}", namespace="")  # which leads there when it is unmounted, too
        reading = asyncio.create_task(ViewFiles().read_text(viewed, "/etc/passwd"))
        await asyncio.to_thread(eventually, lambda: dead.unanswered)
        assert not reading.done()
        dead.close()
        with pytest.raises(InternalError, match="read /etc/passwd"):
            await reading
