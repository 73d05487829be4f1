"""Logs as one JSON object a line, with the request's ids and without personal data.

Messages are constant texts; what varies goes into `extra={"fields": {...}}`. Everything is redacted on its way out all the
same, and of an exception only its type and place are written: database errors repeat the row that they refused.
"""

from __future__ import annotations

import json
import logging
import sys
import traceback
from datetime import UTC, datetime
from typing import Any

from chassis.context import current
from chassis.sensitive import redact

FRAMES = 12


class JsonFormatter(logging.Formatter):
    """One JSON object for each record."""

    def __init__(self, service: str) -> None:
        super().__init__()
        self.service = service

    def format(self, record: logging.LogRecord) -> str:
        entry: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "service": self.service,
            "logger": record.name,
            "message": redact(record.getMessage()),
        }
        context = current.get()
        if context is not None:
            entry |= {"request_id": context.request_id, "trace_id": context.trace_id, "span_id": context.span_id}
        for name, value in getattr(record, "fields", {}).items():
            entry[name] = value if isinstance(value, bool | int | float) or value is None else redact(str(value))
        if record.exc_info and record.exc_info[1] is not None:
            entry["exception"] = describe(record.exc_info[1])
        return json.dumps(entry, ensure_ascii=False)


def describe(error: BaseException) -> dict[str, Any]:
    """An exception without its text: type, SQL state if it has one, the frames it passed, and its cause."""
    frames = traceback.extract_tb(error.__traceback__)[-FRAMES:]
    found: dict[str, Any] = {
        "type": f"{type(error).__module__}.{type(error).__qualname__}",
        "frames": [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames],
    }
    state = getattr(error, "sqlstate", None)
    if state:
        found["sqlstate"] = str(state)
    if error.__cause__ is not None:
        found["cause"] = describe(error.__cause__)
    return found


def configure(service: str, level: str) -> None:
    """Send everything that is logged by anybody to standard output, as JSON."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonFormatter(service))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    # These write addresses with their query, or a line per connection.
    for name in ("aiohttp.access", "asyncio", "uvicorn.access", "alembic.runtime.plugins"):
        logging.getLogger(name).setLevel(logging.WARNING)
