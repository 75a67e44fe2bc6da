"""The page of a whole table, compiled once a process: who sees everything and asks nothing sends the same statement."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection
from functools import lru_cache, partial
from typing import Any

from django.db import models

from core.custom.column import is_key
from core.custom.fields import Virtual
from core.keyset import Cursor, Order
from core.lean import lean
from core.statements import Compiled

_ANY = "custom"  # stands for the custom fields, which are one column whatever their number…
_ONE = "f1"  # … as the name of one of them does
# What stands in the compiled statement for the key and the number of the row from which a page starts.
_KEYS: dict[type, Any] = {str: "\x7f a key", dt.datetime: dt.datetime(1, 2, 3, tzinfo=dt.UTC)}
_PK = -(2**62)


def page_of(model: type[models.Model], shown: Collection[str], order: Order) -> Callable[..., list[Any]] | None:
    """What `keyset.page` takes the rows with; None where the order is a client's own, or the key of another kind."""
    if isinstance(order.field, Virtual) or _kind(order) is None:
        return None
    names = frozenset(_ANY if is_key(name) else name for name in shown)
    return partial(_take, model, names, order)


def _kind(order: Order) -> type | None:
    if order.is_text:
        return str
    return dt.datetime if isinstance(order.field, models.DateTimeField) else None


def _take(
    model: type[models.Model],
    names: frozenset[str],
    order: Order,
    size: int,
    *,
    start: Cursor | None = None,
    backwards: bool = False,
) -> list[Any]:
    statement = _compiled(model, names, order, size, start is not None, backwards)
    return statement.fetch(key=start.key, pk=start.pk) if start else statement.fetch()


@lru_cache(maxsize=512)
def _compiled(
    model: type[models.Model], names: frozenset[str], order: Order, size: int, started: bool, backwards: bool
) -> Compiled:
    # One name that `is_key` knows stands for all: `lean` then reads their column.
    rows = lean(model._default_manager.all(), {_ONE if name == _ANY else name for name in names})
    rows = order.apply(rows, backwards=backwards)
    kind: Any = _kind(order)
    if started:
        rows = rows.filter(order.beyond(Cursor(_KEYS[kind], _PK, 1), backwards=backwards))
    return Compiled(rows[:size], {_KEYS[kind]: "key", _PK: "pk"})
