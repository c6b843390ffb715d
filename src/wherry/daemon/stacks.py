"""Where all threads and tasks are, for who looks for what hangs (SIGUSR1)."""

import asyncio
import io
import sys
import threading
import time
import traceback
from pathlib import Path


def write_stacks(folder: Path) -> Path:
    """The stacks of this process in a new file. OSError."""
    path = folder / f"stacks-{time.strftime('%Y-%m-%dT%H%M%SZ', time.gmtime())}.log"
    path.write_text(_threads() + _tasks())
    return path


def _threads() -> str:
    names = {thread.ident: thread.name for thread in threading.enumerate()}
    frames = sys._current_frames()
    return "".join(
        f"thread {names.get(ident, ident)}:\n{''.join(traceback.format_stack(frame))}\n"
        for ident, frame in frames.items()
    )


def _tasks() -> str:
    text = io.StringIO()
    for task in asyncio.all_tasks():
        task.print_stack(file=text)
        text.write("\n")
    return text.getvalue()
