"""The daemon's own log, in dockerd's form: ``time="…" level=info msg="…"``."""

import datetime
import json
import logging
import sys

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


class _Formatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        moment = datetime.datetime.fromtimestamp(record.created, datetime.UTC).isoformat().replace("+00:00", "Z")
        text = f'time="{moment}" level={_NAMES.get(record.levelno, "info")} msg={json.dumps(record.getMessage())}'
        return f"{text}\n{self.formatException(record.exc_info)}" if record.exc_info else text


def start_logging(level: str) -> None:
    """Log to stderr from ``level`` (debug, info, warn, error, fatal) on."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Formatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    set_level(level)


def set_level(level: str) -> None:
    """Log from another level on."""
    logging.getLogger().setLevel(_LEVELS[level])
    logging.getLogger("asyncio").setLevel(max(_LEVELS[level], logging.WARNING))
