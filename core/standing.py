"""Statements compiled once a process: who sees a whole table and asks nothing of it, or words alone, sends the same."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Mapping
from functools import lru_cache, partial
from typing import Any

from django.db import models

from core.accounts.access import Level, Scope
from core.accounts.models import User
from core.custom.column import is_key
from core.custom.fields import Virtual
from core.keyset import Cursor, Order
from core.lean import lean
from core.models.base import DomainManager
from core.resource import Resource
from core.search import CONFIG, Plan
from core.statements import Compiled

_WORDS, _OTHERS = "\x7f words", "\x7f others"  # stand for what is searched
_ANY = "custom"  # stands for the custom fields, which are one column whatever their number…
_ONE = "f1"  # … as the name of one of them does
# What stands in the compiled statement for the key and the number of the row from which a page starts.
_KEYS: dict[type, Any] = {str: "\x7f a key", dt.datetime: dt.datetime(1, 2, 3, tzinfo=dt.UTC)}
_PK, _ROW = -(2**62), -(2**62) - 1


def whole(resource: type[Resource], user: User) -> bool:
    """Whether the rows that this person sees are all of the table, found by the kernel's own code."""
    if resource.key() in user.narrowing:  # an interface of some rows only
        return False
    if resource.rows.__func__ is not Resource.rows.__func__:  # type: ignore[attr-defined]
        return False
    ours = type(resource.model._default_manager).get_queryset is DomainManager.get_queryset
    return ours and resource.may(user, Level.READ) and resource.scope(user) is Scope.ALL


def found(resource: type[Resource], user: User, text: str, *, size: int, among: int) -> list[Any]:
    """`size` of the rows that have these words, in the list's order: the first ones of any `among` of them.

    Sorting all who match would cost more the less has been typed.
    """
    plan, order = Plan.narrowing(resource.model, text), resource.first_order()
    if not plan.indexed:
        return []
    if whole(resource, user):
        statement = _finding(resource.model, tuple(resource.subtitle), order, plan.looked_at is not None, size, among)
        return statement.fetch(config=CONFIG, words=plan.indexed, others=plan.looked_at)
    return list(_first(resource.rows(user), resource.subtitle, order, plan, size, among))


@lru_cache(maxsize=512)
def _finding(
    model: type[models.Model], shown: tuple[str, ...], order: Order, others: bool, size: int, among: int
) -> Compiled:
    plan = Plan(_WORDS, _OTHERS if others else None)
    rows = _first(model._default_manager.all(), shown, order, plan, size, among)
    return Compiled(rows, {CONFIG: "config", _WORDS: "words", _OTHERS: "others"})


def _first(
    rows: models.QuerySet, shown: Collection[str], order: Order, plan: Plan, size: int, among: int
) -> models.QuerySet:
    some = plan.narrow(rows).order_by().values("pk")[:among]
    return order.apply(lean(rows.filter(pk__in=some), shown))[:size]


def page_of(
    model: type[models.Model], shown: Collection[str], order: Order, only: Mapping[str, models.Model]
) -> Callable[..., list[Any]] | None:
    """What `keyset.page` takes the rows with; None where the order is a client's own, or the key of another kind.

    `only`: {foreign key: row that it points to}, of one at most.
    """
    if isinstance(order.field, Virtual) or _kind(order) is None or len(only) > 1:
        return None
    names = frozenset(_ANY if is_key(name) else name for name in shown)
    return partial(_take, model, names, order, only)


def _kind(order: Order) -> type | None:
    if order.is_text:
        return str
    return dt.datetime if isinstance(order.field, models.DateTimeField) else None


def _take(
    model: type[models.Model],
    names: frozenset[str],
    order: Order,
    only: Mapping[str, models.Model],
    size: int,
    *,
    start: Cursor | None = None,
    backwards: bool = False,
) -> list[Any]:
    statement = _compiled(model, names, order, "".join(only), size, start is not None, backwards)
    place = {"key": start.key, "pk": start.pk} if start else {}
    return statement.fetch(**place, row=next((row.pk for row in only.values()), None))


@lru_cache(maxsize=512)
def _compiled(
    model: type[models.Model], names: frozenset[str], order: Order, key: str, size: int, started: bool, backwards: bool
) -> Compiled:
    rows = model._default_manager.filter(**{key: _ROW}) if key else model._default_manager.all()
    # One name that `is_key` knows stands for all: `lean` then reads their column.
    rows = lean(rows, {_ONE if name == _ANY else name for name in names})
    rows = order.apply(rows, backwards=backwards)
    kind: Any = _kind(order)
    if started:
        rows = rows.filter(order.beyond(Cursor(_KEYS[kind], _PK, 1), backwards=backwards))
    return Compiled(rows[:size], {_KEYS[kind]: "key", _PK: "pk", _ROW: "row"})
