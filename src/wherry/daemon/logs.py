"""The daemon's own log, in dockerd's forms: ``time="…" level=info msg="…"``, or a JSON object a line."""

import datetime
import logging
import sys

import msgspec

_NAMES = {
    logging.DEBUG: "debug",
    logging.INFO: "info",
    logging.WARNING: "warning",
    logging.ERROR: "error",
    logging.CRITICAL: "fatal",
}
_LEVELS = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warn": logging.WARNING,
    "error": logging.ERROR,
    "fatal": logging.CRITICAL,
}


class _Text(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        message = msgspec.json.encode(_printable(record.getMessage())).decode()
        text = f'time="{_moment(record)}" level={_level(record)} msg={message}'
        return f"{text}\n{self.formatException(record.exc_info)}" if record.exc_info else text


class _Json(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        entry = {"level": _level(record), "msg": _printable(record.getMessage()), "time": _moment(record)}
        if record.exc_info:
            entry["error"] = _printable(self.formatException(record.exc_info))
        return msgspec.json.encode(entry, order="sorted").decode()


_FORMATS = {"text": _Text, "json": _Json}


def start_logging(level: str, form: str = "text") -> None:
    """Log to stderr from ``level`` (debug, info, warn, error, fatal) on; ``form`` is text or json."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_FORMATS[form]())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    set_level(level)


def set_level(level: str) -> None:
    """Log from another level on."""
    logging.getLogger().setLevel(_LEVELS[level])
    logging.getLogger("asyncio").setLevel(max(_LEVELS[level], logging.WARNING))


def _moment(record: logging.LogRecord) -> str:
    return datetime.datetime.fromtimestamp(record.created, datetime.UTC).isoformat().replace("+00:00", "Z")


def _printable(text: str) -> str:
    """Names of files may hold bytes that are no text: as escapes."""
    return text.encode(errors="backslashreplace").decode()


def _level(record: logging.LogRecord) -> str:
    return _NAMES.get(record.levelno, "info")
