"""Logging: one line an event, UTC, to standard error, as the other parts of a system log."""

from __future__ import annotations

import json
import logging
import os
import sys

from .grid import MILLISECOND, SECOND, show_instant

LOGGER = logging.getLogger("minutehand")

_LEVELS = {
    "off": logging.CRITICAL + 1,
    "error": logging.ERROR,
    "warn": logging.WARNING,
    "info": logging.INFO,
    "debug": logging.DEBUG,
    "trace": logging.DEBUG,
}
_NAMES = {logging.WARNING: "WARN", logging.CRITICAL: "ERROR"}


def start(format: str) -> None:
    """Logs to standard error at the level of `RUST_LOG`, which the other parts of a system have as
    well; INFO where it says nothing that is understood."""
    asked = os.environ.get("RUST_LOG", "").lower()
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Json() if format == "json" else _Line())
    LOGGER.handlers = [handler]
    LOGGER.propagate = False
    LOGGER.setLevel(_LEVELS.get(asked.split(",")[0], logging.INFO))


def debug(message: str, **fields: object) -> None:
    """For whoever looks closer."""
    LOGGER.debug("%s", message, extra={"fields": fields})


def info(message: str, **fields: object) -> None:
    """Something happened."""
    LOGGER.info("%s", message, extra={"fields": fields})


def warn(message: str, **fields: object) -> None:
    """Something is not as it should be."""
    LOGGER.warning("%s", message, extra={"fields": fields})


def trace_of(message: str, raised: BaseException) -> None:
    """Where somebody else's function failed, for its author."""
    LOGGER.debug("%s", message, exc_info=raised)


def error(message: str) -> None:
    """The process ends for this."""
    LOGGER.error("%s", message)


def _time(record: logging.LogRecord) -> str:
    micros = int(record.created * SECOND)
    return f"{show_instant(micros - micros % SECOND)[:19]}.{micros % SECOND // MILLISECOND:03}Z"


def _level(record: logging.LogRecord) -> str:
    return _NAMES.get(record.levelno, record.levelname)


def _fields(record: logging.LogRecord) -> dict[str, object]:
    fields: dict[str, object] = getattr(record, "fields", {})
    return fields


def _message(formatter: logging.Formatter, record: logging.LogRecord) -> str:
    message = record.getMessage()
    if record.exc_info:
        message += "\n" + formatter.formatException(record.exc_info)
    return message


class _Line(logging.Formatter):
    """`TIME LEVEL message field=value`"""

    def format(self, record: logging.LogRecord) -> str:
        words = [_time(record), _level(record), _message(self, record)]
        for name, value in _fields(record).items():
            words.append(f"{name}={str(value).lower() if isinstance(value, bool) else value}")
        return " ".join(words)


class _Json(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        fields = {"message": _message(self, record), **_fields(record)}
        line = {"timestamp": _time(record), "level": _level(record), "fields": fields}
        return json.dumps({**line, "target": record.name}, ensure_ascii=False, default=str)
