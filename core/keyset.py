"""Keyset pagination: page N costs what page 1 costs, because a page starts from a row and not from a count."""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection, models
from django.db.models import F, Func, Q, QuerySet
from django.db.models.fields.tuple_lookups import TupleGreaterThan, TupleLessThan
from django.utils.dateparse import parse_datetime

from core.custom.fields import Virtual
from core.search import SORT_KEY, folded, has_sort_column

PAGE = 50
COUNT_CAP = 10_000
_RANK_CAP = 100_000_000
# (key, id) > (a key, an id): an index on both begins there. Said with OR, it would begin at the first row of that key,
# and thousands may share a name.
_BEYOND = {"gt": TupleGreaterThan, "lt": TupleLessThan}


@dataclass(frozen=True)
class Order:
    """Rows sorted by a field, then by key. Text sorts as people expect: without case, accents and punctuation.

    Of a custom field, rows without a value come last in both directions.
    """

    field: models.Field
    descending: bool = False
    few: bool = False  # the rows are known to be few: they are sorted, not looked for along the index

    @property
    def expression(self) -> Any:
        if isinstance(self.field, Virtual):
            key: Any = self.field.sort_key()
        else:
            key = F(self._column) if self.is_stored else folded(self.field.name)
        # GREATEST of one value is that value, and no index has it: PostgreSQL would walk a million rows for fifty keys.
        return Func(key, function="GREATEST") if self.few else key

    @property
    def of_few(self) -> Order:
        return replace(self, few=True)

    @property
    def is_stored(self) -> bool:
        """Whether the key is a column, and not computed for each row that is looked at."""
        return not isinstance(self.field, Virtual) and (not self.is_text or self.by_sort_key)

    @property
    def by_sort_key(self) -> bool:
        """Whether the key is the column `sort_key`."""
        return self.is_text and has_sort_column(self.field)

    @property
    def _column(self) -> str:
        return SORT_KEY if self.is_text else self.field.name

    @property
    def is_text(self) -> bool:
        text = isinstance(self.field, models.CharField | models.TextField) and not self.field.choices
        return text and not isinstance(self.field, Virtual)

    @property
    def has_blanks(self) -> bool:
        return isinstance(self.field, Virtual) and self.field.sorts_blanks

    @property
    def _computed(self) -> bool:
        """Whether the key is no attribute of the row."""
        return self.is_text or isinstance(self.field, Virtual)

    def apply(self, rows: QuerySet, *, backwards: bool = False) -> QuerySet:
        """All of the rows, sorted. With blanks no index gives the whole order: for a page, see `take`."""
        down = self.descending != backwards
        rows, key = self._keyed(rows), F("_key")
        if self.has_blanks:
            last: dict[str, Any] = {"nulls_first": True} if backwards else {"nulls_last": True}
            return rows.order_by(key.desc(**last) if down else key.asc(**last), "-pk" if down else "pk")
        return rows.order_by(key.desc() if down else key.asc(), "-pk" if down else "pk")

    def _keyed(self, rows: QuerySet) -> QuerySet:
        return rows.annotate(_key=self.expression) if self._computed else rows.alias(_key=self.expression)

    def beyond(self, cursor: Cursor, *, backwards: bool) -> Q:
        """The rows after (or before) a cursor."""
        op = "lt" if self.descending != backwards else "gt"
        if cursor.key is None:
            among = Q(_key__isnull=True) & Q(**{f"pk__{op}": cursor.pk})
            return among | Q(_key__isnull=False) if backwards else among
        found = Q(_BEYOND[op]((F("_key"), F("pk")), (cursor.key, cursor.pk)))
        return found | Q(_key__isnull=True) if self.has_blanks and not backwards else found

    def short_of(self, cursor: Cursor, *, backwards: bool) -> Q:
        """The rows that come before one reaches a cursor."""
        op = "gt" if self.descending != backwards else "lt"
        return Q(_BEYOND[op]((F("_key"), F("pk")), (cursor.key, cursor.pk)))

    def edge(self, rows: QuerySet, distance: int, start: Cursor | None, *, backwards: bool) -> QuerySet:
        """(key, primary key) of the row that comes `distance` rows after a cursor; none when fewer are left."""
        rows = self.apply(rows, backwards=backwards).annotate(_edge=self.expression)
        rows = rows.filter(self.beyond(start, backwards=backwards)) if start else rows
        return rows.values_list("_edge", "pk")[distance : distance + 1]

    def take(
        self,
        rows: QuerySet,
        size: int,
        *,
        start: Cursor | None = None,
        backwards: bool = False,
        until: Cursor | None = None,
    ) -> list[Any]:
        """The `size` rows that come after (or before) a cursor. One query; two where the blanks begin.

        `until`: where one stops looking; only of an order that `is_stored`.
        """
        found: list[Any] = []
        if until is not None:
            rows = self._keyed(rows).filter(self.short_of(until, backwards=backwards))
        for part in self._parts(rows, start, backwards):
            found += part[: size - len(found)]
            if len(found) == size:
                break
        return found

    def _parts(self, rows: QuerySet, start: Cursor | None, backwards: bool) -> Iterator[QuerySet]:
        """What comes, as queries that an index on (key, id) each serves in order."""
        if not self.has_blanks:
            wanted = self.apply(rows, backwards=backwards)
            yield wanted.filter(self.beyond(start, backwards=backwards)) if start else wanted
            return
        down = self.descending != backwards
        op, pk = ("lt", "-pk") if down else ("gt", "pk")
        keyed, key = self._keyed(rows), F("_key")
        valued = keyed.filter(_key__isnull=False).order_by(key.desc() if down else key.asc(), pk)
        blank = keyed.filter(_key__isnull=True).order_by(pk)
        if start is None:
            parts = [valued, blank]
        elif start.key is None:
            parts = [valued, blank.filter(**{f"pk__{op}": start.pk})]
            parts = parts if backwards else parts[1:]
        else:
            after = Q(_BEYOND[op]((F("_key"), F("pk")), (start.key, start.pk)))
            parts = [valued.filter(after)] if backwards else [valued.filter(after), blank]
        yield from reversed(parts) if backwards else parts

    def key_of(self, row: models.Model) -> Any:
        return row._key if self._computed else getattr(row, self.field.attname)  # type: ignore[attr-defined]

    def parse(self, key: Any) -> Any:
        """A cursor's key in the field's own type. Raises ValueError."""
        if isinstance(self.field, Virtual):
            return None if key is None and self.has_blanks else self.field.sort_parse(key)
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
    """A row as a place in the list: its sort key (None: no value), its primary key, and its rank (1 for the first)."""

    key: Any
    pk: int
    rank: int

    def encode(self) -> str:
        key = self.key.isoformat() if isinstance(self.key, dt.date) else self.key if self.key is None else str(self.key)
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
    take: Callable[..., list[Any]],
    order: Order,
    *,
    after: Cursor | None = None,
    before: Cursor | None = None,
    size: int = PAGE,
) -> Page:
    """One page: the first, the one after a row, or the one before a row. One query (see Order.take).

    `take`: called as `order.take` of some rows.
    """
    backwards = before is not None
    found = take(size + 1, start=before or after, backwards=backwards)
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


def merged(parts: Sequence[Callable[..., list[Any]]], order: Order) -> Callable[..., list[Any]]:
    """What `page` takes the rows of several sets with, each given as `Order.take` of its own: no row is in two.

    Texts are compared as the database's locale does, C.UTF-8: by their code points.
    """

    def take(size: int, *, start: Cursor | None = None, backwards: bool = False) -> list[Any]:
        found = [row for part in parts for row in part(size, start=start, backwards=backwards)]
        found.sort(key=lambda row: (order.key_of(row), row.pk), reverse=order.descending != backwards)
        return found[:size]

    return take


def capped_count(rows: QuerySet) -> int:
    """How many rows, COUNT_CAP + 1 meaning "more than COUNT_CAP"."""
    return rows.order_by()[: COUNT_CAP + 1].count()


def capped_counts(queries: Sequence[QuerySet]) -> list[int]:
    """`capped_count` of each, in one query; of those that ask the same, once."""
    sql, parameters, places = capped_statement(queries)
    if all(place is None for place in places):
        return [0] * len(queries)
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        counts = cursor.fetchone()
    return [0 if place is None else counts[place] for place in places]


def capped_statement(queries: Sequence[QuerySet]) -> tuple[str, list[Any], list[int | None]]:
    """(statement that counts each, parameters, the column in which each is: None finds nothing)."""
    columns: dict[tuple[str, str], int] = {}
    parts: list[str] = []
    parameters: list[Any] = []
    places: list[int | None] = []
    for rows in queries:
        try:
            sql, params = rows.order_by().values("pk")[: COUNT_CAP + 1].query.sql_with_params()
        except EmptyResultSet:
            places.append(None)
            continue
        same = (sql, repr(params))
        if same not in columns:
            columns[same] = len(parts)
            parts.append(f"(SELECT count(*) FROM ({sql}) AS found)")  # noqa: S608 - the ORM's own statement
            parameters += params
        places.append(columns[same])
    return f"SELECT {', '.join(parts)}", parameters, places


def counting(rows: QuerySet, parts: Sequence[Mapping[models.Field, Any]], cap: int) -> tuple[str, list[Any]]:
    """(statement, parameters) that counts each part of the rows, those with these values, up to `cap` + 1.

    The whole, a part without values, is not looked at when another part is already beyond. Raises EmptyResultSet.
    """
    names = dict.fromkeys(field.attname for values in parts for field in values)
    inner, params = rows.order_by().values("pk", *names).query.sql_with_params()

    def count(values: Mapping[models.Field, Any]) -> tuple[str, list[Any]]:
        where = " AND ".join([f'r."{field.attname}" = %s' for field in values]) or "true"
        sql = f"(SELECT count(*) FROM (SELECT FROM ({inner}) AS r WHERE {where} LIMIT {cap + 1}) AS f)"  # noqa: S608
        return sql, [*params, *(field.get_db_prep_value(value, connection) for field, value in values.items())]

    counted = {place: count(values) for place, values in enumerate(parts) if values}
    whole, whole_params = count({})
    if counted:
        beyond = " OR ".join(f"c{place} > {cap}" for place in counted)
        whole = f"CASE WHEN {beyond} THEN {cap + 1} ELSE {whole} END"
    shown = [f"c{place}" if values else whole for place, values in enumerate(parts)]
    known = ", ".join(f"{sql} AS c{place}" for place, (sql, _params) in counted.items())
    parameters = [param for values in parts if not values for param in whole_params]
    parameters += [param for _sql, found in counted.values() for param in found]
    # OFFSET 0: what is counted there is counted once, though it is named twice.
    return f"SELECT {', '.join(shown)} FROM (SELECT {known} OFFSET 0) AS known", parameters  # noqa: S608
