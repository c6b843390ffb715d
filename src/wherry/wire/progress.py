"""Lines of a progress stream: pull, load, import, build.

``error`` and ``progress`` repeat ``error_detail`` and ``progress_detail`` for clients below API 1.48.
"""

from msgspec import UNSET, Struct, UnsetType, field


class ProgressDetail(Struct, kw_only=True):
    current: int | UnsetType = UNSET
    total: int | UnsetType = UNSET


class ErrorDetail(Struct, kw_only=True):
    code: int | UnsetType = UNSET
    message: str


class JSONMessage(Struct, kw_only=True):
    stream: str | UnsetType = UNSET
    status: str | UnsetType = UNSET
    progress_detail: ProgressDetail | UnsetType = field(default=UNSET, name="progressDetail")
    progress: str | UnsetType = UNSET
    id: str | UnsetType = UNSET
    error_detail: ErrorDetail | UnsetType = field(default=UNSET, name="errorDetail")
    error: str | UnsetType = UNSET
    aux: dict[str, str | int] | UnsetType = UNSET
