"""Changing or deleting many rows of a list at once: all of them or none.

A person sees a number, then confirms. What they saw is kept as a Stamp; if the rows are no longer the same when they
confirm, nothing is done and they are told how many changed.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.core import signing
from django.db import models
from django.db.models import Func, QuerySet, Value
from django.db.models.functions import Cast, Concat, Now
from django.db.transaction import atomic
from django.http import QueryDict
from django.utils import timezone

from core import audit
from core.accounts.access import Level
from core.accounts.models import User
from core.actions.bin import bin_rows
from core.actions.tags import tag_named, tag_rows
from core.custom.writing import assignments, unlike
from core.listing import Listing
from core.notifying.assigning import tell_owner_of_many
from core.resource import Resource

MAX_ROWS = 20_000  # of one gesture, done while the person waits
_BATCH = 5_000  # rows of a statement: the history's trigger runs once for each statement
_SALT = "core.bulk"


class Stale(Exception):
    """Rows changed, or left the selection, or came into it, since the person looked. Nothing was done."""

    def __init__(self, changed: int, gone: int) -> None:
        self.changed, self.gone = changed, gone


class GivenAway(Exception):
    """Some rows would no longer be among the person's. Nothing was done."""


@dataclass(frozen=True)
class Stamp:
    """Rows as they were at a moment: how many, and a digest of their keys and dates of change."""

    count: int
    digest: int
    at: dt.datetime

    def sign(self) -> str:
        return signing.dumps([self.count, str(self.digest), self.at.isoformat()], salt=_SALT)

    @classmethod
    def read(cls, text: str) -> Stamp | None:
        """None for what `sign` did not write."""
        try:
            count, digest, at = signing.loads(text, salt=_SALT)
        except (signing.BadSignature, ValueError):
            return None
        return cls(count, int(digest), dt.datetime.fromisoformat(at))


@dataclass
class Selection:
    """The rows ticked one by one (`pks`), or everything that the query string lets through (`pks` is None)."""

    resource: type[Resource]
    user: User
    params: QueryDict
    pks: frozenset[int] | None

    @cached_property
    def rows(self) -> QuerySet:
        """Those that this person may change."""
        mine = self.resource.rows(self.user, Level.WRITE)
        if self.pks is not None:
            return mine.filter(pk__among=self.pks)
        return mine.filter(pk__in=Listing(self.resource, self.user, self.params).filtered.order_by().values("pk"))

    @cached_property
    def stamp(self) -> Stamp:
        """How the rows are now. One query."""
        at = timezone.now()
        seen = [mark for _pk, mark, _at in _marks(self.rows)[: MAX_ROWS + 1]]
        return Stamp(len(seen), sum(seen), at)

    @cached_property
    def left_out(self) -> int:
        """Rows that were asked for and that the person may not change, or that are no longer there."""
        if self.pks is not None:
            return len(self.pks) - self.stamp.count
        if self.stamp.count > MAX_ROWS:
            return 0
        return Listing(self.resource, self.user, self.params).filtered.count() - self.stamp.count

    def locked(self, stamp: Stamp) -> list[int]:
        """The keys of the rows, which nobody else changes until the transaction ends. Raises Stale."""
        plain = self.resource.model._default_manager.filter(pk__in=self.rows.order_by().values("pk"))  # no join to lock
        found = list(_marks(plain).select_for_update()[: MAX_ROWS + 1])
        if len(found) != stamp.count or sum(mark for _pk, mark, _at in found) != stamp.digest:
            changed = len([at for _pk, _mark, at in found if at > stamp.at])
            raise Stale(changed, max(stamp.count - len(found), 0))
        return [pk for pk, _mark, _at in found]


def _marks(rows: QuerySet) -> QuerySet:
    """(key, a number that changes with the row, when it last changed), by key."""
    space = Value(" ", output_field=models.TextField())
    text = Concat(Cast("pk", models.TextField()), space, Cast("updated_at", models.TextField()))
    mark = Func(text, Value(0), function="hashtextextended", output_field=models.BigIntegerField())
    return rows.order_by("pk").annotate(_mark=mark).values_list("pk", "_mark", "updated_at")


def pks_of(texts: Iterable[str]) -> frozenset[int]:
    """Keys from a form: one a value, or several with commas. What is no key is left out."""
    parts = (part.strip() for text in texts for part in text.split(","))
    return frozenset(int(part) for part in parts if part.isascii() and part.isdigit() and len(part) < 19)


@atomic
def change_rows(selection: Selection, values: Mapping[str, Any], *, stamp: Stamp, by: User) -> int:
    """Give these values to every row of the selection; returns how many did not have them yet.

    Raises Stale; GivenAway; IntegrityError when the database refuses the values.
    """
    resource, pks, changed = selection.resource, selection.locked(stamp), 0
    with audit.operation(f"bulk:{uuid.uuid4().hex}"):
        for batch in _batches(pks):
            rows = resource.model._default_manager.filter(pk__in=batch)
            changed += unlike(rows, values).update(**assignments(resource.model, values), updated_at=Now())
            if resource.rows(by, Level.WRITE).filter(pk__in=batch).count() != len(batch):
                raise GivenAway
    if isinstance(values.get("owner"), User):
        tell_owner_of_many(resource, values["owner"], changed, by=by)
    return changed


@atomic
def tag_selected(selection: Selection, names: Iterable[str], *, take_off: bool, stamp: Stamp, by: User) -> int:
    """Put tags on every row, or take them off; makes the tags that do not exist. Raises Stale; ValidationError."""
    rows = selection.resource.model._default_manager.filter(pk__in=selection.locked(stamp))
    tags = [tag_named(name) for name in names]
    with audit.operation(f"bulk:{uuid.uuid4().hex}"):
        return tag_rows(rows, remove=tags) if take_off else tag_rows(rows, add=tags)


@atomic
def delete_rows(selection: Selection, *, stamp: Stamp, by: User) -> tuple[int, uuid.UUID]:
    """Move the rows to the bin; returns how many, and the operation that restores them. Raises Stale; Kept."""
    operation = uuid.uuid4()
    pks = selection.locked(stamp)
    count = bin_rows(selection.resource.model._default_manager.filter(pk__in=pks), by=by, operation=operation)
    return count, operation


def _batches(pks: list[int]) -> Iterable[list[int]]:
    return (pks[start : start + _BATCH] for start in range(0, len(pks), _BATCH))
