"""Keyset pagination: page N costs what page 1 costs, because a page starts from a row and not from a count."""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection, models
from django.db.models import F, Func, Q, QuerySet
from django.utils.dateparse import parse_datetime

from core.search import folded

PAGE = 50
COUNT_CAP = 10_000
_RANK_CAP = 100_000_000


@dataclass(frozen=True)
class Order:
    """Rows sorted by a field, then by key. Text sorts as people expect: without case, accents and punctuation."""

    field: models.Field
    descending: bool = False
    few: bool = False  # the rows are known to be few: they are sorted, not looked for along the index

    @property
    def expression(self) -> Any:
        key = folded(self.field.name) if self.is_text else F(self.field.name)
        # GREATEST of one value is that value, and no index has it: PostgreSQL would walk a million rows for fifty keys.
        return Func(key, function="GREATEST") if self.few else key

    @property
    def is_text(self) -> bool:
        return isinstance(self.field, models.CharField | models.TextField) and not self.field.choices

    def apply(self, rows: QuerySet, *, backwards: bool = False) -> QuerySet:
        down = self.descending != backwards
        rows = rows.alias(_key=self.expression) if not self.is_text else rows.annotate(_key=self.expression)
        return rows.order_by(F("_key").desc() if down else F("_key").asc(), "-pk" if down else "pk")

    def beyond(self, cursor: Cursor, *, backwards: bool) -> Q:
        """The rows after (or before) a cursor. The first condition is what the index can use."""
        op = "lt" if self.descending != backwards else "gt"
        return Q(**{f"_key__{op}e": cursor.key}) & (Q(**{f"_key__{op}": cursor.key}) | Q(**{f"pk__{op}": cursor.pk}))

    def key_of(self, row: models.Model) -> Any:
        return row._key if self.is_text else getattr(row, self.field.attname)  # type: ignore[attr-defined]

    def parse(self, key: Any) -> Any:
        """A cursor's key in the field's own type. Raises ValueError."""
        if self.is_text:
            return str(key)
        if isinstance(self.field, models.DateTimeField):
            when = parse_datetime(str(key))
            if when is None:
                raise ValueError(key)
            return when
        if isinstance(self.field, models.DateField):
            return dt.date.fromisoformat(str(key))
        try:
            return Decimal(str(key))
        except InvalidOperation as error:
            raise ValueError(key) from error


@dataclass(frozen=True)
class Cursor:
    """A row as a place in the list: its sort key, its primary key, and its rank (1 for the first)."""

    key: Any
    pk: int
    rank: int

    def encode(self) -> str:
        key = self.key.isoformat() if isinstance(self.key, dt.date) else str(self.key)
        text = json.dumps([key, self.pk, self.rank], ensure_ascii=False, separators=(",", ":"))
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")

    @classmethod
    def decode(cls, text: str, order: Order) -> Cursor:
        """Raises ValueError on anything that `encode` did not write for this order."""
        try:
            key, pk, rank = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
            if type(pk) is not int or type(rank) is not int or not 0 < pk < 2**63 or not 0 < rank < _RANK_CAP:
                raise ValueError(text)
            if "\x00" in str(key):
                raise ValueError(text)
            str(key).encode()  # a lone surrogate cannot go to the database
            return cls(order.parse(key), pk, rank)
        except (binascii.Error, UnicodeError, json.JSONDecodeError, TypeError, RecursionError) as error:
            raise ValueError(text) from error


@dataclass(frozen=True)
class Page:
    rows: list[Any]
    first: int
    previous: str  # cursors, "" at an end
    next: str

    @property
    def last(self) -> int:
        return self.first + len(self.rows) - 1


def page(
    rows: QuerySet, order: Order, *, after: Cursor | None = None, before: Cursor | None = None, size: int = PAGE
) -> Page:
    """One page of `rows`: the first, the one after a row, or the one before a row. One query."""
    backwards = before is not None
    wanted = order.apply(rows, backwards=backwards)
    start = before or after
    if start:
        wanted = wanted.filter(order.beyond(start, backwards=backwards))
    found = list(wanted[: size + 1])
    more, found = len(found) > size, found[:size]
    if backwards:
        found.reverse()
    first = max(before.rank - len(found), 1) if before else after.rank + 1 if after else 1
    if not found:
        return Page([], first, "", "")
    has_previous = more if backwards else after is not None
    has_next = True if backwards else more
    return Page(
        found,
        1 if backwards and not more else first,
        Cursor(order.key_of(found[0]), found[0].pk, first).encode() if has_previous else "",
        Cursor(order.key_of(found[-1]), found[-1].pk, first + len(found) - 1).encode() if has_next else "",
    )


def capped_count(rows: QuerySet) -> int:
    """How many rows, COUNT_CAP + 1 meaning "more than COUNT_CAP"."""
    return rows.order_by()[: COUNT_CAP + 1].count()


def capped_counts(queries: Sequence[QuerySet]) -> list[int]:
    """`capped_count` of each, in one query."""
    counts, parts = [0] * len(queries), {}
    parameters: list[Any] = []
    for place, rows in enumerate(queries):
        try:
            sql, params = rows.order_by().values("pk")[: COUNT_CAP + 1].query.sql_with_params()
        except EmptyResultSet:
            continue
        parts[place] = f"(SELECT count(*) FROM ({sql}) AS found)"  # noqa: S608 - the ORM's own statement
        parameters += params
    if parts:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {', '.join(parts.values())}", parameters)
            for place, count in zip(parts, cursor.fetchone(), strict=True):
                counts[place] = count
    return counts
