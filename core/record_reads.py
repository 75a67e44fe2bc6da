"""What the page of a record reads, as statements compiled once a process."""

from collections.abc import Sequence
from functools import cache, lru_cache
from typing import Any

from django.db import models
from django.db.models import QuerySet

from core.accounts.models import User
from core.keyset import capped_counts, capped_statement
from core.models import Attachment, Event, Note, Tagging
from core.resource import Related, Resource
from core.sight import SLOTS, Sight
from core.standing import seen, sight
from core.statements import Compiled, Slotted, compiled

_PK = -(2**62)
_LABEL = "\x7f label"
FIRST = 10**18  # before which every key comes


def row_of(resource: type[Resource], user: User, pk: int) -> models.Model | None:
    """A row among those that this person sees, with the rows that it points to; None when it is not one."""
    if (mine := sight(resource, user)) is not None:
        found = _row(resource.model, mine.shape).fetch(pk=pk, **mine.values) if pk < 2**63 else ()
        return next(iter(found), None)
    return _with_related(resource.rows(user).filter(pk=pk)).first()


@cache
def _row(model: type[models.Model], shape: Sight) -> Compiled:
    return Compiled(_with_related(seen(model, shape).filter(pk=_PK)), {_PK: "pk", **SLOTS})


def _with_related(rows: QuerySet) -> QuerySet:
    fields = rows.model._meta.concrete_fields
    return rows.select_related(*(field.name for field in fields if isinstance(field, models.ForeignKey)))


def counts(resource: type[Resource], user: User, row: models.Model, related: Sequence[Related]) -> list[int]:
    """How many notes, files and rows of each related list a record has, `keyset.COUNT_CAP` + 1 at most. One query."""
    sights = [sight(one.resource, user) for one in related]
    known = [mine for mine in sights if mine is not None]
    if len(known) == len(related):
        asked = [(one.resource.model, one.field, mine.shape) for one, mine in zip(related, known, strict=True)]
        counting, places = _counting(tuple(asked))
        people = {name: value for mine in known for name, value in mine.values.items()}  # one person's, alike in all
        counted = counting.rows(pk=row.pk, label=resource.key(), **people)[0]
        return [0 if place is None else counted[place] for place in places]
    pointing = [one.resource.rows(user).filter(**{one.field: row}) for one in related]
    return capped_counts([*_borne(resource.key(), row.pk), *pointing])


@lru_cache(maxsize=512)
def _counting(related: tuple[tuple[type[models.Model], str, Sight], ...]) -> tuple[Slotted, list[int | None]]:
    """As keyset.capped_statement."""
    pointing = [seen(model, shape).filter(**{field: _PK}) for model, field, shape in related]
    sql, params, places = capped_statement([*_borne(_LABEL, _PK), *pointing])
    return Slotted(sql, params, {_PK: "pk", _LABEL: "label", **SLOTS}), places


def _borne(label: str, pk: int) -> tuple[QuerySet, QuerySet]:
    about: dict[str, Any] = {"model": label, "object_id": pk}
    return Note.objects.filter(**about), Attachment.objects.filter(**about, deleted_at=None)


@compiled
def notes(model: str, object_id: int, before: int) -> QuerySet:
    """The 21 newest notes of a record below the key `before`, with their authors."""
    found = Note.objects.filter(model=model, object_id=object_id, pk__lt=before)
    return found.select_related("author").order_by("-pk")[:21]


@compiled
def files(model: str, object_id: int, before: int) -> QuerySet:
    """The 21 newest files of a record below the key `before`, with their authors."""
    found = Attachment.objects.filter(model=model, object_id=object_id, deleted_at=None, pk__lt=before)
    return found.select_related("author").order_by("-pk")[:21]


@compiled
def events(model: str, object_id: int, before: int) -> QuerySet:
    """The 50 newest events of a row below the key `before`, with their values."""
    found = Event.objects.filter(model=model, object_id=object_id, pk__lt=before)
    return found.select_related("values").order_by("-pk")[:50]


@compiled
def taggings(model: str, object_id: int) -> QuerySet:
    """What ties tags to a record, those taken away too, with the tags."""
    return Tagging.objects.filter(model=model, object_id=object_id).select_related("tag")
