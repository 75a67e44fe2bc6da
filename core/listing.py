"""The list of a resource, computed from its declaration and the query string."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from core import keyset, search
from core.accounts.models import User
from core.display import cell, css_of, number
from core.filters import bind
from core.resource import Col, Resource, View
from core.text import clean

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

# What the list itself reads from the query string; everything else is a filter.
OWN = ("q", "sort", "after", "before")
_MAX_QUERY = 200  # characters of a search


@dataclass
class Column:
    name: str
    label: StrOrPromise
    css: str = ""
    direction: str = ""  # "ascending" or "descending" when the list is sorted by it
    sort_url: str = ""  # "" when it cannot be


@dataclass
class Cell:
    name: str
    html: Any
    css: str
    empty: bool


@dataclass
class Row:
    pk: int
    url: str
    title: str
    subtitle: str
    avatar: str
    badge: dict[str, str] | None
    cells: list[Cell]
    amount: str = ""


@dataclass
class Facet:
    name: str
    label: str
    icon: str
    options: list[dict[str, Any]]
    active: int = 0


class Listing:
    """What the template of the list shows. `params` is the query string: whatever it says, no error comes of it."""

    def __init__(self, resource: type[Resource], user: User, params: QueryDict, url: str = "") -> None:
        self.resource = resource
        self.user = user
        self.params = params
        self.url = url or resource.list_url
        self.notices: list[str] = []
        self._hidden = resource.hidden_from(user)
        self._cols = [col for col in resource.columns if col.name not in self._hidden]
        self.q = clean(params.get("q", ""))[:_MAX_QUERY].strip()
        self.order, self.sort = self._order()
        self._after, self._before = self._cursor("after"), self._cursor("before")
        self._bound = self._filters()

    # --- the rows -------------------------------------------------------------------------------------------------
    @cached_property
    def filtered(self) -> QuerySet:
        """Every row that the search and the filters let through, unordered."""
        rows = self.resource.rows(self.user)
        if self._bound is not None:
            rows = self._bound.filter_queryset(rows)
        return rows.filter(search.matches(self.q)) if self.q else rows

    @cached_property
    def page(self) -> keyset.Page:
        rows = self.filtered.select_related(*self._joins())
        return keyset.page(rows, self.order, after=None if self._before else self._after, before=self._before)

    @cached_property
    def rows(self) -> list[Row]:
        fields = [(col, self._field(col)) for col in self._cols[1:]]
        return [self._row(row, fields) for row in self.page.rows]

    def _row(self, row: models.Model, fields: list[tuple[Col, models.Field]]) -> Row:
        resource, badge = self.resource, self.resource.badge_of(row, self.user)
        cells = []
        for col, field_ in fields:
            if resource.badge and resource.badge.field == col.name:
                cells.append(Cell(col.name, "", "st", empty=False))
                continue
            html = cell(field_, row)
            cells.append(Cell(col.name, html, css_of(field_), html == ""))
        return Row(
            pk=row.pk,
            url=f"{self._record_base}{row.pk}/",
            title=resource.title(row),
            subtitle=resource.subtitle_of(row, self.user),
            avatar=resource.avatar,
            badge=badge,
            cells=cells,
        )

    @cached_property
    def _record_base(self) -> str:
        return self.resource.list_url

    def _field(self, col: Col) -> models.Field:
        return self.resource.model._meta.get_field(col.name)  # type: ignore[return-value]

    def _joins(self) -> list[str]:
        return [c.name for c in self._cols if isinstance(self._field(c), models.ForeignKey)]

    # --- counts and places ------------------------------------------------------------------------------------------
    @cached_property
    def total(self) -> int:
        return keyset.capped_count(self.filtered)

    @property
    def total_label(self) -> str:
        return count_label(self.total)

    @property
    def first(self) -> str:
        return number(self.page.first if self.page.rows else 0)

    @property
    def last(self) -> str:
        return number(self.page.last if self.page.rows else 0)

    @property
    def previous_url(self) -> str:
        return self._with(before=self.page.previous) if self.page.previous else ""

    @property
    def next_url(self) -> str:
        return self._with(after=self.page.next) if self.page.next else ""

    @property
    def first_url(self) -> str:
        return self._with() if self.params.get("after") or self.params.get("before") else ""

    # --- columns ----------------------------------------------------------------------------------------------------
    @cached_property
    def columns(self) -> list[Column]:
        return [self._column(col) for col in self._cols]

    def _column(self, col: Col) -> Column:
        field_ = self._field(col)
        column = Column(col.name, col.label or capfirst(str(field_.verbose_name)), css_of(field_))
        if col.sort:
            here = self.order.field.name == col.name
            if here:
                column.direction = "descending" if self.order.descending else "ascending"
            column.sort_url = self._with(sort=f"-{col.name}" if here and not self.order.descending else col.name)
        return column

    def _order(self) -> tuple[keyset.Order, str]:
        sortable = {col.name: col for col in self._cols if col.sort}
        asked = self.params.get("sort", "")
        name, descending = asked.removeprefix("-"), asked.startswith("-")
        if asked and name not in sortable:
            self.notices.append(_("Ce tri n’existe pas : la liste garde son ordre habituel."))
            asked, descending = "", False
        col = sortable[name] if asked else next(iter(sortable.values()))
        return keyset.Order(self._field(col), descending), asked

    def _cursor(self, name: str) -> keyset.Cursor | None:
        text = self.params.get(name, "")
        if not text:
            return None
        try:
            return keyset.Cursor.decode(text, self.order)
        except ValueError:
            self.notices.append(_("Cette adresse de page n’est plus valable : voici le début de la liste."))
            return None

    # --- filters ----------------------------------------------------------------------------------------------------
    def _filters(self):
        bound, ignored = bind(self.resource, self.user, _cleaned(self.params))
        if ignored:
            self.notices.append(_("Un filtre de cette adresse n’existe pas (ou plus) : il est ignoré."))
        return bound

    @cached_property
    def facets(self) -> list[Facet]:
        if self._bound is None:
            return []
        return [facet for name in self._bound.filters if (facet := self._facet(name)) is not None]

    def _facet(self, name: str) -> Facet | None:
        field_ = self._bound.form.fields[name]
        if not hasattr(field_, "choices"):
            return None
        chosen = set(self._bound.data.getlist(name)) if self._bound.data else set()
        options = [
            {"value": str(value), "label": str(label), "selected": str(value) in chosen, "count": None}
            for value, label in field_.choices
            if str(value) != ""
        ]
        icon = getattr(self._bound.filters[name], "icon", "list-filter")
        return Facet(name, str(field_.label), icon, options, len([option for option in options if option["selected"]]))

    @cached_property
    def chips(self) -> list[dict[str, str]]:
        tabbed = {name for view in self._tabs for name in view.params}
        return [
            {"label": facet.label, "value": option["label"], "remove_url": self._without(facet.name, option["value"])}
            for facet in self.facets
            if facet.name not in tabbed
            for option in facet.options
            if option["selected"]
        ]

    @property
    def clear_url(self) -> str:
        return self.url

    @cached_property
    def _tabs(self) -> list[View]:
        known = self._bound.filters if self._bound is not None else {}
        return [view for view in self.resource.views if all(name in known for name in view.params)]

    @cached_property
    def views(self) -> list[dict[str, Any]]:
        """The tabs, each with its own count (capped): the search and the other filters hold in every one."""
        names = {name for view in self._tabs for name in view.params}
        out = []
        for view in self._tabs:
            params = self._base_params()
            for name in names:
                params.setlist(name, [view.params[name]] if name in view.params else [])
            current = all(self.params.getlist(n) == ([view.params[n]] if n in view.params else []) for n in names)
            count = self.total if current else Listing(self.resource, self.user, params).total
            out.append(
                {"label": view.label, "url": _url(self.url, params), "current": current, "count": count_label(count)}
            )
        return out

    @property
    def hidden(self) -> list[tuple[str, str]]:
        """What the form of search and filters must carry along: the sort, and the tab."""
        facets = {facet.name for facet in self.facets}
        tabs = {name for view in self._tabs for name in view.params} - facets
        kept = [("sort", self.sort)] if self.sort else []
        return kept + [(name, value) for name in sorted(tabs) for value in self.params.getlist(name)]

    # --- addresses --------------------------------------------------------------------------------------------------
    def _base_params(self) -> QueryDict:
        """The present query string without the page."""
        params = self.params.copy()
        for name in ("after", "before"):
            params.pop(name, None)
        return params

    def _with(self, **changes: str) -> str:
        params = self._base_params()
        for name, value in changes.items():
            params[name] = value
        return _url(self.url, params)

    def _without(self, name: str, value: str) -> str:
        params = self._base_params()
        params.setlist(name, [kept for kept in params.getlist(name) if kept != value])
        return _url(self.url, params)


def count_label(count: int) -> str:
    """1 594, or 10 000+ beyond the cap."""
    return number(keyset.COUNT_CAP) + "+" if count > keyset.COUNT_CAP else number(count)


def _url(base: str, params: QueryDict) -> str:
    for name in [name for name, values in params.lists() if not any(values)]:
        del params[name]
    return f"{base}?{params.urlencode()}" if params else base


def _cleaned(params: QueryDict) -> QueryDict:
    out = params.copy()
    for name in OWN:
        out.pop(name, None)
    for name, values in out.lists():
        out.setlist(name, [clean(value)[:_MAX_QUERY] for value in values])
    return out
