"""Progress records → lines of a progress stream, with the bar for clients that do not draw their own."""

import re

from msgspec import UNSET

from wherry.errors import BuildFailed, WherryError
from wherry.model.progress import Progress
from wherry.wire.progress import ErrorDetail, JSONMessage, ProgressDetail

_LAYER = re.compile("[0-9a-f]{12}")
_WIDTH = 50
_UNITS = ("B", "kB", "MB", "GB", "TB", "PB")


def progress_message(progress: Progress) -> JSONMessage:
    has_size = bool(progress.current or progress.total)
    # The client keeps a row for what has details, even empty ones, and starts afresh with any other line.
    is_of_layer = _LAYER.fullmatch(progress.id) is not None
    detail = ProgressDetail(current=progress.current or UNSET, total=progress.total or UNSET)
    return JSONMessage(
        stream=progress.stream or UNSET,
        status=progress.status or UNSET,
        progress_detail=detail if has_size or is_of_layer else UNSET,
        progress=bar(progress.current, progress.total) if has_size else UNSET,
        id=progress.id or UNSET,
        aux=progress.aux or UNSET,
    )


def failure_message(error: WherryError) -> JSONMessage:
    """How a stream that has begun tells that it failed, with the exit code of the command of a build."""
    code = error.code if isinstance(error, BuildFailed) else UNSET
    return JSONMessage(error_detail=ErrorDetail(code=code, message=str(error)), error=str(error))


def bar(current: int, total: int) -> str:
    """``[=====>      ] 1.024kB/2.048kB`` as moby's jsonmessage draws it."""
    if total <= 0:
        return human_size(current)
    done = min(current * _WIDTH // total, _WIDTH)
    of_total = f"/{human_size(total)}" if current <= total else ""
    return f"[{'=' * done}>{' ' * (_WIDTH - done)}] {human_size(current):>8}{of_total}"


def human_size(size: float) -> str:
    """Bytes in decimal units with four digits (go-units ``HumanSize``)."""
    unit = 0
    while size >= 1000 and unit < len(_UNITS) - 1:
        size, unit = size / 1000, unit + 1
    return f"{size:.4g}{_UNITS[unit]}"
