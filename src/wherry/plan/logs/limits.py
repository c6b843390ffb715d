"""How much of a log is kept, by the options of its driver (moby ``daemon/logger/jsonfilelog``, ``…/local``)."""

from collections.abc import Callable
from typing import Final, TypeVar

from wherry.model.container import LogConfig
from wherry.model.log import LogLimits
from wherry.plan.go_values import read_bool, read_int, read_size
from wherry.plan.logs import collectors
from wherry.plan.logs.refusals import refusal

T = TypeVar("T")

_LOCAL: Final = LogLimits(size=20_000_000, files=5, packed=True)


def limits(log: LogConfig) -> LogLimits | None:
    """The limits of the files, None for a log that is kept whole. InternalError (of a start) for what is none."""
    try:
        if collectors.forwards(log.driver):
            return _cache(log.options)
        return _local(log.options) if log.driver == "local" else _json_file(log.options)
    except ValueError as error:
        raise refusal(error) from None


def _json_file(options: dict[str, str]) -> LogLimits | None:
    size = read_size(options["max-size"]) if "max-size" in options else None
    if size == 0:
        raise ValueError("max-size must be a positive number")
    files = read_int(options.get("max-file", "1"))
    if files < 1:
        raise ValueError("max-file cannot be less than 1")
    packed = read_bool(options.get("compress", "false"))
    if packed and (files < 2 or size is None):
        raise ValueError("compress cannot be true when max-file is less than 2 or max-size is not set")
    return LogLimits(size=size, files=files, packed=packed) if size else None


def _local(options: dict[str, str]) -> LogLimits | None:
    size = _named(options, "max-size", read_size) if "max-size" in options else _LOCAL.size
    files = _named(options, "max-file", read_int) if "max-file" in options else _LOCAL.files
    packed = _named(options, "compress", read_bool) if "compress" in options else _LOCAL.packed
    if packed and files == 1:
        raise ValueError("compression cannot be enabled when max file count is 1")
    return LogLimits(size=size, files=files, packed=packed) if size else None


def _cache(options: dict[str, str]) -> LogLimits | None:
    """Those of the local copy of what is forwarded: at least two files, so that what the monitor wrote last is still
    there when it begins another."""
    own = {name.removeprefix("cache-"): value for name, value in options.items() if name.startswith("cache-")}
    files = _named(own, "max-file", read_int) if "max-file" in own else _LOCAL.files
    return _local({**own, "max-file": str(max(files, 2))})


def _named(options: dict[str, str], name: str, read: Callable[[str], T]) -> T:
    try:
        return read(options[name])
    except ValueError as error:
        raise ValueError(f"invalid value for {name}: {options[name]}: {error}") from None
