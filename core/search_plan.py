"""Searching at a cost that does not grow with the table: how many rows a word has decides how they are looked for.

Few: all are read, and sorted. Many: they are met soon along the index of the list's order. What names begin with is
neither, for the list sorted by name: its rows follow each other, far from the beginning; they are taken from there.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection, models
from django.db.models import QuerySet

from core.search import (
    CONFIG,
    SORT_KEY,
    begins,
    behind_first_word,
    for_database,
    looked_at,
    of_whole_words,
    query,
    raw,
    tsquery,
    words,
)
from core.statements import fetch

FOUND_CAP = 1_000  # rows that a search counts one by one; beyond, it says "1 000+"
# Measured: µs to read a row that is found and sort it, its key a column or to be folded; and twice the µs for the first
# page of a word along the index of the order, in a table of which every row has it: of a word in one row of ten, ten
# times more. Twice, because some words are not spread evenly along it.
_SORTED, _FOLDED, _WALKED = 1.2, 5.5, 380
_PATIENCE = 200  # rows passed along that index, in the same table, before all that is found is sorted after all
_MUCH_MORE = 4  # a word in so many times the rows of the rarest is cheaper looked at row by row
_FRONT = 2 * FOUND_CAP  # rows whose name begins with a word before they are taken apart: estimates are rough
# Rows of a word that is everywhere: GIN would give the places of all, and a scan of a large table reads its own pages
# again each time; those of the newest rows are in memory.
_EVERYWHERE = 30 * FOUND_CAP
_PASSED = 20_000  # rows that may be passed to count them, where there are other words


@dataclass(frozen=True)
class Sizes:
    """How many rows PostgreSQL thinks that there are."""

    table: float = 0
    having: Mapping[str, float] = field(default_factory=dict)  # {word: with a word that begins with it}
    beginning: Mapping[str, float] = field(default_factory=dict)  # {word: whose sort key does}; {} without `sort_key`


def estimates(model: type[models.Model], found: list[str]) -> Sizes:
    """One EXPLAIN, which reads no row."""
    sql, slots = _estimating(model, len(found))
    with connection.cursor() as cursor:
        cursor.execute(sql, [value if place is None else value(found[place]) for value, place in slots])
        plan = cursor.fetchone()[0][0]["Plan"]
    while plan["Node Type"] != "Append":  # a Gather on top, where the server lends workers to a statement
        [plan] = plan["Plans"]
    table, *sizes = (part["Plan Rows"] for part in plan["Plans"])
    having, beginning = sizes[: len(found)], sizes[len(found) :]
    return Sizes(table, dict(zip(found, having, strict=True)), dict(zip(found, beginning, strict=False)))


@lru_cache(maxsize=512)
def _estimating(model: type[models.Model], number: int) -> tuple[str, list[tuple[Any, int | None]]]:
    """The statement for that many words, composed once; its parameters: (value, None), or (what makes it of a word, the
    place of the word)."""
    marks = [f"word{place}" for place in range(number)]
    every = model._default_manager.order_by().values("pk")
    parts = [every, *(every.filter(search=query([word])) for word in marks)]
    if SORT_KEY in for_database(model):
        parts += [every.filter(begins(word)) for word in marks]
    compiled = [part.query.sql_with_params() for part in parts]
    places: dict[str, tuple[Any, int]] = {raw([word]): (_alone, place) for place, word in enumerate(marks)}
    places |= {word: (str, place) for place, word in enumerate(marks)}
    sql = "EXPLAIN (FORMAT JSON) " + " UNION ALL ".join(sql for sql, _params in compiled)
    return sql, [places.get(value, (value, None)) for _sql, params in compiled for value in params]


def _alone(word: str) -> str:
    return raw([word])


@dataclass(frozen=True)
class Found:
    """What a search finds, up to FOUND_CAP + 1 rows."""

    tally: Counter[tuple[Any, ...]]  # {values of the fields asked for: how many rows have them}
    keys: list[Any] | None = None  # in the order of the list; None: the rows were counted, and not read

    @classmethod
    def read(cls, rows: Iterable[tuple[Any, ...]]) -> Found:
        """(key, then the values of the fields) of each row, in the order of the list."""
        rows = list(rows)
        return cls(Counter(row[1:] for row in rows), [row[0] for row in rows])

    @classmethod
    def counted(cls, groups: Iterable[tuple[Any, ...]]) -> Found:
        """(the values of the fields, then how many rows have them) of each group."""
        return cls(Counter({group[:-1]: group[-1] for group in groups}))

    @cached_property
    def complete(self) -> bool:
        return self.tally.total() <= FOUND_CAP

    @property
    def every_key(self) -> list[Any] | None:
        """The keys, where they are known and all of them."""
        return self.keys if self.complete else None

    def count(self, values: Mapping[int, Any]) -> int:
        """How many of the rows have these values, by the place of their field among those asked for (from 1)."""
        wanted = [(place - 1, value) for place, value in values.items()]
        return sum(
            number for fields, number in self.tally.items() if all(fields[place] == value for place, value in wanted)
        )


@dataclass(frozen=True)
class Plan:
    """The cheapest way to ask for the rows that `search.matches` gives, from what PostgreSQL thinks of each word.

    GIN reads the whole list of rows of each prefix before it intersects them: « menuiserie dupont » costs as much as
    « menuiserie ». So only the rarest words go through the index, and the others are looked at in the rows left.
    """

    indexed: str | None  # as a tsquery; None: every row
    looked_at: str | None
    sizes: Sizes = field(default=Sizes(), compare=False)
    first: str | None = None  # only the rows whose sort key begins with this word; or all the others, if `behind`
    behind: bool = False

    @classmethod
    def narrowing(cls, model: type[models.Model], text: str) -> Plan:
        """For `narrow` alone: of one word there is nothing to choose, and nothing is asked."""
        found = words(text)
        return cls.of(model, text) if len(found) > 1 else cls(raw(found) if found or text.strip() else None, None)

    @classmethod
    def of(cls, model: type[models.Model], text: str) -> Plan:
        found = words(text)
        if not found:
            return cls("" if text.strip() else None, None)
        sizes = estimates(model, found)
        most = min(sizes.having.values()) * _MUCH_MORE
        indexed = [word for word, size in sizes.having.items() if size <= most]
        others = [word for word in sizes.having if word not in indexed]
        return cls(raw(indexed), raw(others) or None, sizes)

    @property
    def about(self) -> float:
        """Rows found, at most."""
        return min(self.sizes.having.values(), default=0)

    @property
    def finds_nothing(self) -> bool:
        """Only signs were typed."""
        return self.indexed == ""

    @property
    def whole(self) -> Plan:
        """The rows that have the rarest words themselves, and not only longer ones that begin with them."""
        return replace(self, indexed=of_whole_words(self.indexed) if self.indexed else self.indexed)

    def narrow(self, rows: QuerySet) -> QuerySet:
        if self.finds_nothing:
            return rows.none()
        if self.first is not None:
            rows = rows.filter(begins(self.first, denied=self.behind))
        if self.indexed is not None:
            found = tsquery(self.indexed)
            rows = (
                rows.alias(_behind=behind_first_word()).filter(_behind=found)
                if self.behind
                else rows.filter(search=found)
            )
        return rows.filter(looked_at(tsquery(self.looked_at))) if self.looked_at is not None else rows

    @property
    def values(self) -> dict[str, Any]:
        """What a statement that was composed beforehand is sent with."""
        return {"config": CONFIG, "words": self.indexed, "others": self.looked_at, "first": self.first}

    # --- in which way ----------------------------------------------------------------------------------------------
    def frequent(self, order: Any) -> bool:
        """Whether walking the index of the order until a page is met costs less than sorting all that is found.

        `order`: the core.keyset.Order of the list, here and below.
        """
        return _frequent(self.about, self.sizes.table, order)

    @property
    def along(self) -> Plan:
        """The same words for a walk along the order of a list: each looked at in the rows that are passed."""
        words = " & ".join(part for part in (self.indexed, self.looked_at) if part)
        return replace(self, indexed=None, looked_at=words)

    @property
    def near(self) -> int:
        """How many rows along the index of an order a page is looked for in: four times what an even spread takes, in
        one of a few sizes, so that the statement is one of few."""
        wanted = _PATIENCE * self.sizes.table / max(self.about, 1)
        return next((size for size in (512, 1024, 2048, 4096) if size >= wanted), 8192)

    def parts(self, order: Any) -> tuple[Plan, Plan] | None:
        """What is found in two parts, for a list sorted by what many names begin with: the rows that begin with a word
        of the search, which follow each other along the index, and the few others. None of any other search.
        """
        if not order.by_sort_key:
            return None
        found = max(((self._front(word, order), word) for word in self.sizes.beginning), default=(0, ""))
        if not found[0]:
            return None
        word = found[1]
        others = [other for other in self.sizes.having if other != word]
        front = Plan(None, raw([word, *others]), first=word)
        return front, Plan(raw([word]), raw(others) or None, first=word, behind=True)

    def _front(self, word: str, order: Any) -> float:
        """How many rows begin with the word and have the others; 0 where they are not worth taking apart."""
        sizes = self.sizes
        share = math.prod(size / max(sizes.table, 1) for other, size in sizes.having.items() if other != word)
        about = sizes.beginning[word] * share
        if about < _FRONT or _PASSED * share < FOUND_CAP:
            return 0
        return 0 if _frequent(sizes.having[word] - sizes.beginning[word], sizes.table, order) else max(about, 1)

    # --- what is found ---------------------------------------------------------------------------------------------
    def find(self, rows: QuerySet, order: Any, fields: Sequence[str] = ()) -> Found:
        """Keys and fields of what is found, or the count of each of their values where it is more than FOUND_CAP."""
        parts = self.parts(order)
        if parts and not (found := parts[0]._counted(rows, fields)).complete:
            return found
        return self._counted(rows, fields) if self.frequent(order) else Found.read(self.few(rows, order, fields))

    def _counted(self, rows: QuerySet, fields: Sequence[str]) -> Found:
        try:
            return Found.counted(fetch(*self.counting(rows, fields, newest=self.newest), by_value=True))
        except EmptyResultSet:
            return Found.counted([])

    def few(self, rows: QuerySet, order: Any, fields: Sequence[str]) -> QuerySet:
        """The first rows that have the words, up to FOUND_CAP + 1: (key, then these fields)."""
        return order.of_few.apply(self.narrow(rows)).values_list("pk", *fields)[: FOUND_CAP + 1]

    @property
    def newest(self) -> bool:
        """Whether FOUND_CAP rows are met sooner from the newest on than by reading where all are."""
        return self.about > _EVERYWHERE

    def counting(self, rows: QuerySet, fields: Sequence[str], *, newest: bool = False) -> tuple[str, tuple[Any, ...]]:
        """(statement, parameters): of FOUND_CAP + 1 rows that have the words, the newest or whichever, how many have
        each set of values. Raises EmptyResultSet."""
        rows = self.narrow(rows).order_by(*([SORT_KEY, "pk"] if self.first is not None else ["-pk"] if newest else []))
        told = fields or ["pk"]  # of no field, each row is a set of its own
        inner, params = rows.values_list(*told)[: FOUND_CAP + 1].query.sql_with_params()
        names = ", ".join(f"c{place}" for place in range(len(told)))
        # No value is written into it: the ORM's own statement, and names that are made here.
        return f"SELECT {names}, count(*) FROM ({inner}) AS found ({names}) GROUP BY {names}", params  # noqa: S608


def _frequent(size: float, table: float, order: Any) -> bool:
    return max(size, 0) ** 2 * (_SORTED if order.is_stored else _FOLDED) > table * _WALKED


EVERYTHING = Plan(None, None)
