"""Logs as JSON lines on standard error.

A line says what happened and never what was sent. That goes for errors too: of an exception we
log the kind and the way it took, and its message only if it is one of ours, because the message
of any other may quote the value it stumbled over.
"""

import logging
import sys
import traceback
from datetime import UTC, datetime
from typing import Any

import orjson

from riskscore.errors import RiskScoreError


class JsonLines(logging.Formatter):
    """One JSON object per record; ``extra={"fields": {...}}`` adds members."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info and record.exc_info[1]:
            line |= described(record.exc_info[1])
        return orjson.dumps(line, default=str).decode()


def described(error: BaseException) -> dict[str, Any]:
    """Say of what kind an error is and where it came from."""
    kind = type(error)
    message = f": {error}" if isinstance(error, RiskScoreError) else ""
    return {
        "error": f"{kind.__module__}.{kind.__qualname__}{message}",
        "traceback": traceback.format_tb(error.__traceback__),
    }


def configure(level: str) -> None:
    """Send our own loggers to standard error, once.

    No line says which thread or process wrote it or from where, so no record need find out: the
    manual of ``logging`` names these switches for that.
    """
    logging._srcfile = None  # noqa: SLF001 - the manual names it, too
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    ours = logging.getLogger("riskscore")
    ours.handlers = [handler]
    ours.propagate = False
    ours.setLevel(level)
