"""The stream of a record: its notes, files, tags and changes, newest first, page by page.

A place in the stream is the last key seen of each source: every source is read by its own index, whatever came before.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Model

from core import record_reads
from core.accounts.models import User
from core.history import events_of
from core.presenting import file_entry, note_entry
from core.resource import Resource

PAGE = 20
_CURSOR = re.compile(r"n(\d{1,18})\.f(\d{1,18})\.e(\d{1,18})")
_FIRST = 10**18 - 1


@dataclass(frozen=True)
class Place:
    """The stream goes on below these keys."""

    note: int = _FIRST
    file: int = _FIRST
    event: int = _FIRST

    @classmethod
    def read(cls, text: str) -> "Place":
        """The beginning for anything that `write` did not make."""
        found = _CURSOR.fullmatch(text)
        return cls(*(int(key) for key in found.groups())) if found else cls()

    def write(self) -> str:
        return f"n{self.note}.f{self.file}.e{self.event}"


def stream(resource: type[Resource], row: Model, user: User, cursor: str = "") -> tuple[list[dict[str, Any]], str]:
    """(PAGE entries at most, the cursor of the next page or ""). A constant number of queries."""
    place = Place.read(cursor)
    of_row = {"model": resource.key(), "object_id": row.pk}
    notes = [note_entry(note, user) for note in record_reads.notes(**of_row, before=place.note)]
    files = [file_entry(file, resource, row, user) for file in record_reads.files(**of_row, before=place.file)]
    events = events_of(resource, row.pk, user, before=place.event)[: PAGE + 1]
    waiting = {"note": notes, "file": files, "event": events}
    keys = {"note": place.note, "file": place.file, "event": place.event}
    shown: list[dict[str, Any]] = []
    while len(shown) < PAGE and any(waiting.values()):
        source = max((name for name in waiting if waiting[name]), key=lambda name: _when(waiting[name][0]))
        entry = waiting[source].pop(0)
        keys[source] = entry["id"]
        shown.append(entry)
    return shown, Place(**keys).write() if any(waiting.values()) else ""


def _when(entry: dict[str, Any]) -> datetime:
    return entry["at"]
