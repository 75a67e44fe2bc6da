"""The facets of a list: the options that one ticks, and how many rows each would give."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Model, QuerySet

from core.actions.tags import taggings_of
from core.display import number
from core.filters import Pairs, TagFacet, bind, pairs_of
from core.keyset import COUNT_CAP

if TYPE_CHECKING:
    from core.listing import Listing

# Rows looked at by a count. Beyond, the counts are "at least", so a list of a million rows answers as fast.
SCANNED = 50_000


@dataclass
class Facet:
    name: str
    label: str
    icon: str
    offered: Pairs = ()  # the values and words to tick
    ticked: frozenset[str] = frozenset()
    inputs: list[dict[str, Any]] = dataclasses.field(default_factory=list)  # typed, instead of options to tick

    @cached_property
    def options(self) -> list[dict[str, Any]]:
        return [{"value": value, "label": label, "selected": value in self.ticked} for value, label in self.offered]

    @property
    def active(self) -> int:
        """How many known options are ticked, and inputs filled."""
        ticked = len([value for value, _label in self.offered if value in self.ticked]) if self.ticked else 0
        return ticked + len([asked for asked in self.inputs if asked["chip"]])

    def chosen(self) -> Iterator[tuple[str, str, str]]:
        """(parameter, value, words) of what narrows the list."""
        if self.ticked:
            yield from ((self.name, value, label) for value, label in self.offered if value in self.ticked)
        yield from ((asked["name"], asked["value"], asked["chip"]) for asked in self.inputs if asked["chip"])


def facets_of(bound: Any) -> Iterator[Facet]:
    """The filters that are a choice among known values, in their order."""
    for name, filter_ in bound.filters.items():
        if not hasattr(filter_, "custom") and _offers(filter_):  # the custom ones have a menu of their own
            yield _ticked(bound, name, filter_)


def custom_facets(bound: Any) -> list[Facet]:
    """The filters of the custom fields, in their order: options to tick, or what is typed."""
    found: dict[str, Facet] = {}
    for name, filter_ in bound.filters.items():
        if not hasattr(filter_, "custom"):
            continue
        if _offers(filter_):
            found[name] = _ticked(bound, name, filter_)
            continue
        facet = found.setdefault(filter_.custom.name, Facet(filter_.custom.name, str(filter_.label), "list-filter"))
        value = bound.form.cleaned_data.get(name)
        chip = filter_.words(value) if value not in (None, "") else ""
        typed = bound.data.get(name, "")
        facet.inputs.append(
            {"name": name, "label": filter_.asked.label, "type": filter_.asked.type, "value": typed, "chip": chip}
        )
    return list(found.values())


def _offers(filter_: Any) -> bool:
    """Whether it is a choice among known values."""
    return hasattr(filter_.field_class, "choices")


def _ticked(bound: Any, name: str, filter_: Any) -> Facet:
    offered = filter_.offered() if hasattr(filter_, "offered") else pairs_of(filter_.field)
    icon = getattr(filter_, "icon", "list-filter")
    return Facet(name, str(filter_.label), icon, offered, frozenset(bound.data.getlist(name)))


def counts(listing: Listing, name: str) -> dict[str, str] | None:
    """{value: "1 526"}: the rows that each option would give under the search and the other filters. One query.

    None when the list has no such facet, or one that nobody can count.
    """
    filter_ = listing.bound.filters.get(name)
    counted = getattr(filter_, "counted", None)  # its options are not simply the values of a field: it says of what
    if filter_ is None or (
        counted is None and (filter_.method is not None or filter_.lookup_expr != "exact" or filter_.exclude)
    ):
        return None
    others = listing.bound.data.copy()
    others.pop(name, None)
    bound, _ignored = bind(listing.resource, listing.user, others)
    rows = listing.narrowed(bound).order_by()
    if counted is not None:
        values = counted(rows)
    elif isinstance(filter_, TagFacet):
        values = taggings_of(listing.resource.key(), rows).values_list("tag_id")
    elif _is_field(listing.resource.model, filter_.field_name):
        values = rows.values_list(filter_.field_name)
    else:
        return None
    groups = grouped(values[:SCANNED])
    partial = sum(groups.values()) >= SCANNED
    none = getattr(filter_, "null_value", "")
    return {none if value is None else str(value): _label(count, partial) for value, count in groups.items()}


def _is_field(model: type[Model], path: str) -> bool:
    return path.partition("__")[0] in {field.name for field in model._meta.concrete_fields}


def grouped(values: QuerySet) -> dict[Any, int]:
    """{value: rows} of a sliced query of one column. The ORM groups before it slices, so this is written out."""
    try:
        sql, params = values.query.sql_with_params()
    except EmptyResultSet:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT value, count(*) FROM ({sql}) AS scanned(value) GROUP BY value", params)  # noqa: S608
        return dict(cursor.fetchall())


def _label(count: int, partial: bool) -> str:
    if count > COUNT_CAP:
        return f"{number(COUNT_CAP)}+"
    return f"{number(count)}+" if partial else number(count)
