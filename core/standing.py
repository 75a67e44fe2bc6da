"""Statements compiled once a process: who asks nothing of the rows that they see, or words alone, sends the same.

Who sees the rows of some people only sends theirs: core.sight has marks for them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
from typing import Any, NamedTuple

from django.db import models

from core.accounts.access import Level
from core.accounts.models import User
from core.custom.column import is_key
from core.custom.fields import Virtual
from core.keyset import Cursor, Order
from core.lean import lean
from core.models.base import DomainManager
from core.resource import Resource
from core.search import CONFIG
from core.search_plan import EVERYTHING, Found, Plan
from core.sight import EVERYTHING as ALL_ROWS
from core.sight import SLOTS, Sight
from core.statements import Compiled, Slotted

Rows = Callable[..., list[Any]]  # called as Order.take of some rows

_WORDS, _OTHERS, _FIRST = "\x7f words", "\x7f others", "\x7f first"  # stand for what is searched
_ANY = "custom"  # stands for the custom fields, which are one column whatever their number…
_ONE = "f1"  # … as the name of one of them does
# What stands in the compiled statement for the key and the number of the row from which a page starts, and of the one
# where one stops looking.
_KEYS: dict[type, Any] = {str: "\x7f a key", dt.datetime: dt.datetime(1, 2, 3, tzinfo=dt.UTC)}
_EDGES: dict[type, Any] = {str: "\x7f an edge", dt.datetime: dt.datetime(1, 2, 4, tzinfo=dt.UTC)}
_PK, _ROW, _START, _EDGE = -(2**62), -(2**62) - 1, -(2**62) - 2, -(2**62) - 3

_SLOTS: dict[Any, str] = {
    CONFIG: "config",
    _WORDS: "words",
    _OTHERS: "others",
    _FIRST: "first",
    _START: "pk",
    _EDGE: "edge_pk",
    _ROW: "row",
    (_PK,): "among",
    **SLOTS,
}


def sight(resource: type[Resource], user: User) -> Sight | None:
    """Which rows this person sees, where the kernel's own code finds them; None where another has a say in it."""
    if resource.key() in user.narrowing:  # an interface of some rows only
        return None
    if resource.rows.__func__ is not Resource.rows.__func__:  # type: ignore[attr-defined]  # bound class methods
        return None
    ours = type(resource.model._default_manager).get_queryset is DomainManager.get_queryset
    return resource.sight(user) if ours and resource.may(user, Level.READ) else None


def seen(model: type[models.Model], shape: Sight) -> models.QuerySet:
    """The rows of that sight, to compose a statement of."""
    return shape.narrow(model._default_manager.all())


def found(resource: type[Resource], user: User, text: str, *, size: int, among: int) -> list[Any]:
    """`size` of the rows that have these words, in the list's order: the first ones of any `among` of them, rows that
    have them as whole words before all.

    Sorting all who match would cost more the less has been typed. Of a whole word GIN reads one list of rows; of what
    words begin with, it puts the lists of all such words together first, and takes twice the time even of one.
    """
    plan, order = Plan.narrowing(resource.model, text), resource.first_order()
    shown = resource.look.hinted
    if not plan.indexed:
        return []
    if (mine := sight(resource, user)) is not None:
        statement = _finding(resource.model, mine.shape, tuple(shown), order, plan.looked_at is not None, size, among)
        return statement.fetch(**plan.values, **mine.values, whole=plan.whole.indexed)
    return list(_first(resource.rows(user), shown, order, plan, size, among))


@lru_cache(maxsize=512)
def _finding(
    model: type[models.Model], sight: Sight, shown: tuple[str, ...], order: Order, others: bool, size: int, among: int
) -> Compiled:
    begun = f"{_WORDS}:*"  # `Plan.whole` makes _WORDS of it
    rows = _first(seen(model, sight), shown, order, Plan(begun, _OTHERS if others else None), size, among)
    return Compiled(rows, {**_SLOTS, begun: "words", _WORDS: "whole"})


def _first(
    rows: models.QuerySet, shown: Collection[str], order: Order, plan: Plan, size: int, among: int
) -> models.QuerySet:
    exactly, some = (one.narrow(rows).order_by().values("pk")[:among] for one in (plan.whole, plan))
    # PostgreSQL asks the second part for what the first has not given, and not at all when there is enough.
    return order.apply(lean(rows.filter(pk__in=exactly.union(some, all=True)[:among]), shown))[:size]


class Shape(NamedTuple):
    """A question without its values."""

    key: str  # the foreign key, "" for none
    words: bool
    others: bool
    first: bool
    behind: bool
    among: bool
    sight: Sight

    @property
    def plan(self) -> Plan:
        """What is searched, with marks in the place of its words."""
        words, others, first = _WORDS if self.words else None, _OTHERS if self.others else None, None
        return Plan(words, others, first=_FIRST if self.first else first, behind=self.behind)

    def marked(self) -> Asked:
        """The question with marks in the place of its values."""
        only: dict[str, Any] = {self.key: _ROW} if self.key else {}
        return Asked(only, self.plan, [_PK] if self.among else None, self.sight)

    def rows(self, model: type[models.Model]) -> models.QuerySet:
        return seen(model, self.sight)


@dataclass(frozen=True)
class Asked:
    """What a list asks of a table: rows that point to one, words, keys that are known already."""

    only: Mapping[str, models.Model] = field(default_factory=dict)  # {foreign key: row}
    plan: Plan = EVERYTHING
    among: Sequence[int] | None = None
    sight: Sight = ALL_ROWS

    @property
    def shape(self) -> Shape:
        plan = self.plan
        words, others, first = (part is not None for part in (plan.indexed, plan.looked_at, plan.first))
        return Shape("".join(self.only), words, others, first, plan.behind, self.among is not None, self.sight.shape)

    @property
    def values(self) -> dict[str, Any]:
        row = next((row.pk for row in self.only.values()), None)
        return {**self.plan.values, **self.sight.values, "row": row, "among": self.among}

    def narrow(self, rows: models.QuerySet) -> models.QuerySet:
        """What is asked of rows that are seen."""
        rows = self.plan.narrow(rows.filter(**self.only) if self.only else rows)
        return rows if self.among is None else rows.filter(pk__among=self.among)


def page_of(
    model: type[models.Model], shown: Collection[str], order: Order, asked: Asked
) -> Callable[..., list[Any]] | None:
    """What `keyset.page` takes the rows with; None where the order is a client's own, or the key of another kind."""
    if isinstance(order.field, Virtual) or _kind(order) is None or len(asked.only) > 1 or asked.plan.finds_nothing:
        return None
    names = frozenset(_ANY if is_key(name) else name for name in shown)
    return partial(_take, model, names, order, asked)


def _kind(order: Order) -> type | None:
    if order.is_text:
        return str
    return dt.datetime if isinstance(order.field, models.DateTimeField) else None


def _take(
    model: type[models.Model],
    names: frozenset[str],
    order: Order,
    asked: Asked,
    size: int,
    *,
    start: Cursor | None = None,
    backwards: bool = False,
    until: Cursor | None = None,
) -> list[Any]:
    bounds = Bounds(start is not None, until is not None, backwards)
    statement = _compiled(model, names, order, asked.shape, size, bounds)
    return statement.fetch(**_places(start, until), **asked.values)


class Bounds(NamedTuple):
    """Which ends a page has."""

    started: bool
    ended: bool
    backwards: bool


def _places(start: Cursor | None, until: Cursor | None = None) -> dict[str, Any]:
    places = {"key": start.key, "pk": start.pk} if start else {}
    return places | ({"edge": until.key, "edge_pk": until.pk} if until else {})


@lru_cache(maxsize=512)
def _compiled(
    model: type[models.Model],
    names: frozenset[str],
    order: Order,
    shape: Shape,
    size: int,
    bounds: Bounds,
) -> Compiled:
    rows = shape.marked().narrow(shape.rows(model))
    # One name that `is_key` knows stands for all: `lean` then reads their column.
    rows = lean(rows, {_ONE if name == _ANY else name for name in names})
    rows = order.apply(rows, backwards=bounds.backwards)
    kind: Any = _kind(order)
    if bounds.started:
        rows = rows.filter(order.beyond(_mark(order), backwards=bounds.backwards))
    if bounds.ended:
        rows = rows.filter(order.short_of(Cursor(_EDGES[kind], _EDGE, 1), backwards=bounds.backwards))
    by_value = shape.words or shape.first or shape.sight != ALL_ROWS
    return Compiled(rows[:size], _slots(order), by_value=by_value)


def _mark(order: Order) -> Cursor:
    """What stands for the row from which a page starts."""
    kind: Any = _kind(order)
    return Cursor(_KEYS[kind], _START, 1)


def _slots(order: Order) -> dict[Any, str]:
    kind: Any = _kind(order)
    return {_KEYS[kind]: "key", _EDGES[kind]: "edge", **_SLOTS}


def near(rows: Rows, order: Order, few: Rows, model: type[models.Model], plan: Plan) -> Rows:
    """The pages of `rows`, looked for along the index of the order, yet not until its end: who searches for the word
    that names begin with would pass every name before it. Then of `few`, the same rows sorted once all are found.
    """
    if plan.sizes.table <= plan.near or not order.is_stored or _kind(order) is None:
        return rows

    def take(size: int, *, start: Cursor | None = None, backwards: bool = False) -> list[Any]:
        for key, pk in _edge(model, order, plan.near, start is not None, backwards).rows(**_places(start)):
            found = rows(size, start=start, backwards=backwards, until=Cursor(key, pk, 1))
            return found if len(found) == size else few(size, start=start, backwards=backwards)
        return rows(size, start=start, backwards=backwards)  # fewer are left

    return take


@lru_cache(maxsize=512)
def _edge(model: type[models.Model], order: Order, distance: int, started: bool, backwards: bool) -> Slotted:
    start = _mark(order) if started else None
    rows = order.edge(model._default_manager.all(), distance, start, backwards=backwards)
    return Slotted(*rows.query.sql_with_params(), _slots(order))


def searched(model: type[models.Model], asked: Asked, order: Order, fields: Sequence[str]) -> Found:
    """`plan.find` of the rows that are seen; `asked`: a plan and a sight."""
    plan = asked.plan
    if plan.finds_nothing:
        return Found.counted([])
    if isinstance(order.field, Virtual):
        return plan.find(seen(model, asked.sight), order, fields)
    names = tuple(fields)
    parts = plan.parts(order)
    if parts and not (found := _counted(model, replace(asked, plan=parts[0]), names)).complete:
        return found
    if plan.frequent(order):
        return _counted(model, asked, names)
    return Found.read(_few(model, asked.shape, order, names).rows(**asked.values))


def _counted(model: type[models.Model], asked: Asked, names: tuple[str, ...]) -> Found:
    return Found.counted(_counting(model, asked.shape, names, newest=asked.plan.newest).rows(**asked.values))


@lru_cache(maxsize=512)
def _few(model: type[models.Model], shape: Shape, order: Order, fields: tuple[str, ...]) -> Slotted:
    wanted = shape.plan.few(shape.rows(model), order, fields)
    return Slotted(*wanted.query.sql_with_params(), _SLOTS, by_value=True)


@lru_cache(maxsize=512)
def _counting(model: type[models.Model], shape: Shape, fields: tuple[str, ...], *, newest: bool) -> Slotted:
    return Slotted(*shape.plan.counting(shape.rows(model), fields, newest=newest), _SLOTS, by_value=True)
