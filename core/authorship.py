"""Who last changed what, from the history."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import models
from django.utils.translation import gettext as _

from core.custom.definitions import field_of
from core.models import Event

_RECENT = 100  # events looked at: a form is rarely open longer


@dataclass
class Author:
    pk: int | None
    name: str
    at: dt.datetime

    @classmethod
    def of(cls, event: Event) -> "Author":
        return cls(event.actor_id, event.actor_name or _("le système"), event.at)


def authors_of(row: models.Model, names: Iterable[str]) -> dict[str, Author]:
    """{field: the author of its newest change}. One query; nothing for what the recent history does not hold."""
    columns = {getattr(field_of(type(row), name), "column", name): name for name in names}
    found: dict[str, Author] = {}
    if columns:
        events = Event.objects.filter(model=row._meta.label_lower, object_id=row.pk, fields__overlap=list(columns))
        for event in events.order_by("-id")[:_RECENT]:
            for column in event.fields:
                if column in columns:
                    found.setdefault(columns[column], Author.of(event))
    return found


def deletion_of(label: str, pk: int) -> Author | None:
    """Who deleted a row, and when."""
    events = Event.objects.filter(model=label, object_id=pk, kind=Event.Kind.DELETED)
    event = events.order_by("-id").first()
    return Author.of(event) if event else None
