"""The facets of a list: the options that one ticks, and how many rows each would give."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Model, QuerySet

from core.actions.tags import taggings_of
from core.display import number
from core.filters import TagFacet, bind
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
    options: list[dict[str, Any]]
    active: int = 0
    inputs: list[dict[str, Any]] = dataclasses.field(default_factory=list)  # typed, instead of options to tick

    def chosen(self) -> Iterator[tuple[str, str, str]]:
        """(parameter, value, words) of what narrows the list."""
        yield from ((self.name, option["value"], option["label"]) for option in self.options if option["selected"])
        yield from ((asked["name"], asked["value"], asked["chip"]) for asked in self.inputs if asked["chip"])


def facets_of(bound: Any) -> Iterator[Facet]:
    """The filters that are a choice among known values, in their order."""
    for name in bound.filters:
        field = bound.form.fields[name]
        if hasattr(bound.filters[name], "custom"):  # they have a menu of their own: custom_facets
            continue
        if not hasattr(field, "choices"):
            continue
        yield _ticked(bound, name, field)


def custom_facets(bound: Any) -> list[Facet]:
    """The filters of the custom fields, in their order: options to tick, or what is typed."""
    found: dict[str, Facet] = {}
    for name, filter_ in bound.filters.items():
        field = bound.form.fields[name] if hasattr(filter_, "custom") else None
        if field is None:
            continue
        if hasattr(field, "choices"):
            found[name] = _ticked(bound, name, field)
            continue
        facet = found.setdefault(filter_.custom.name, Facet(filter_.custom.name, str(field.label), "list-filter", []))
        value = bound.form.cleaned_data.get(name) if bound.is_bound else None
        typed = bound.data.get(name, "") if bound.data else ""
        filled = value not in (None, "")
        chip = filter_.words(value) if filled else ""
        facet.inputs.append(
            {"name": name, "label": filter_.asked.label, "type": filter_.asked.type, "value": typed, "chip": chip}
        )
        facet.active += filled
    return list(found.values())


def _ticked(bound: Any, name: str, field: Any) -> Facet:
    ticked = set(bound.data.getlist(name)) if bound.data else set()
    options = [
        {"value": str(value), "label": str(label), "selected": str(value) in ticked}
        for value, label in field.choices
        if str(value) != ""
    ]
    active = len([option for option in options if option["selected"]])
    return Facet(name, str(field.label), getattr(bound.filters[name], "icon", "list-filter"), options, active)


def counts(listing: Listing, name: str) -> dict[str, str] | None:
    """{value: "1 526"}: the rows that each option would give under the search and the other filters. One query.

    None when the list has no such facet, or one whose options are not simply the values of a field.
    """
    filter_ = listing.bound.filters.get(name)
    if filter_ is None or filter_.method is not None or filter_.lookup_expr != "exact" or filter_.exclude:
        return None
    others = listing.bound.data.copy()
    others.pop(name, None)
    bound, _ignored = bind(listing.resource, listing.user, others)
    rows = listing.narrowed(bound).order_by()
    if hasattr(filter_, "counted"):  # a custom field's
        values = filter_.counted(rows)
    elif isinstance(filter_, TagFacet):
        values = taggings_of(listing.resource.key(), rows).values_list("tag_id")
    elif _is_field(listing.resource.model, filter_.field_name):
        values = rows.values_list(filter_.field_name)
    else:
        return None
    groups = grouped(values[:SCANNED])
    partial = sum(groups.values()) >= SCANNED
    return {"" if value is None else str(value): _label(count, partial) for value, count in groups.items()}


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
