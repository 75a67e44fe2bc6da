"""Log lines as JSON, one an event, with their client and request, and without personal data.

What people type may reach a message (an address that is not found, a value that the database refuses): e-mail
addresses and long numbers are taken out of every text, addresses of pages become their names, and the details that
PostgreSQL gives with an error, which quote rows, are left out.
"""

import datetime as dt
import json
import logging
import re
import traceback
from typing import Any

from config.operations.requests import request_id

_EMAIL = re.compile(r"[^\s\"'<>(),;:=&?/\\]+(?:@|%40)[^\s\"'<>(),;:=&?/\\]+", re.IGNORECASE)
# Nine digits or more, as telephones and registrations are written; not a date, nor a part of an identifier.
_NUMBER = re.compile(r"(?<![\w.\-])(?!\d{4}-\d\d-\d\d)\+?\d(?:[ .\-\u00a0\u202f]?\d){8,}(?!\w|\.\d)")
_QUERY = re.compile(r"\?[^\s\"']+")
_QUOTED = re.compile(r"^(?:DETAIL|CONTEXT|HINT|QUERY|PARAMETERS|LINE \d+):.*$", re.MULTILINE)
MOST = 4000  # characters of a text
_FRAMES = 30


def without_people(text: str) -> str:
    """A text without e-mail addresses, telephone and registration numbers, query strings and quoted rows."""
    text = _QUOTED.sub("", text)
    text = _QUERY.sub("?…", text)
    return _NUMBER.sub("‹numéro›", _EMAIL.sub("‹adresse›", text))[:MOST]


class Json(logging.Formatter):
    """One line of JSON: at, level, logger, client, request, message; fields of the record; error and where."""

    def format(self, record: logging.LogRecord) -> str:
        told: dict[str, Any] = {
            "at": dt.datetime.fromtimestamp(record.created, dt.UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "client": getattr(record, "client", "-"),
            "request": request_id.get() or None,
            "message": without_people(self._message(record)),
            **getattr(record, "fields", {}),
        }
        if record.exc_info and record.exc_info[0] is not None:
            told |= self._error(*record.exc_info)
        return json.dumps({key: value for key, value in told.items() if value is not None}, ensure_ascii=False)

    def _message(self, record: logging.LogRecord) -> str:
        request: Any = getattr(record, "request", None)
        if record.name.startswith("django.") and hasattr(request, "resolver_match"):
            # Django's own words end with the address that was asked, which may hold anything.
            match = request.resolver_match
            words = str(record.args[0]) if isinstance(record.args, tuple) and record.args else record.levelname
            return f"{words}: {match.view_name if match else '-'}"
        return record.getMessage()

    def _error(self, kind: type[BaseException], error: BaseException, trace: Any) -> dict[str, Any]:
        """The values of the frames are not there, nor the source lines: where, and what kind of error."""
        frames = traceback.extract_tb(trace)[-_FRAMES:]
        return {
            "error": f"{kind.__module__}.{kind.__qualname__}",
            "because": without_people(str(error).partition("\n")[0])[:500],
            "where": [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames],
        }


def logging_in_json(base: dict[str, Any]) -> dict[str, Any]:
    """Django's LOGGING setting, its lines as JSON."""
    formatters = {**base["formatters"], "json": {"()": "config.operations.logs.Json"}}
    handlers = {name: {**handler, "formatter": "json"} for name, handler in base["handlers"].items()}
    return {**base, "formatters": formatters, "handlers": handlers}
