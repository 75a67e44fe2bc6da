"""The list of a resource, computed from its declaration and the query string."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from functools import cached_property, partial
from types import MappingProxyType
from typing import Any
from urllib.parse import quote

from django.db import models
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from core import keyset, search, standing
from core.accounts.models import User
from core.actions.tags import tags_of
from core.columns import declared, label_of, opening, sortable
from core.custom.definitions import field_of
from core.custom.filters import is_parameter
from core.display import cell_writer, css_of, number, tags_html
from core.facets import Facet, custom_facets, facets_of
from core.filters import bind
from core.lean import lean
from core.models import SavedView
from core.parts import Cell, Column, Row
from core.resource import Col, Resource, View
from core.search_plan import Found, Plan
from core.sight import EVERYTHING, Sight
from core.tab_values import MAX_QUERY, TabValues, cleaned
from core.tabs import Tab, count_label, tabs_of, tools_of
from core.text import clean

MAX_TRAIL = 1200  # of the query string that a row's address carries


class Listing:
    """What the template of the list shows. `params` is the query string: whatever it says, no error comes of it."""

    def __init__(
        self,
        resource: type[Resource],
        user: User,
        params: QueryDict,
        *,
        cols: Sequence[Col] | None = None,
        saved: Sequence[SavedView] = (),
        trail: bool = False,
        size: int = keyset.PAGE,
        only: Mapping[str, Any] = MappingProxyType({}),
    ) -> None:
        """`only`: conditions that every row meets, whatever the query string says: it points to a record."""
        self.resource = resource
        self.user = user
        self.params = params
        self.url = resource.list_url
        self.notices: list[str] = []
        self._cols = list(cols) if cols is not None else declared(resource, user)
        self.saved = saved
        self.view = next((view for view in saved if str(view.pk) == params.get("view")), None)
        self._trail, self._only = trail, only
        self.size = size
        self.q = clean(params.get("q", ""))[:MAX_QUERY].strip()
        self.order, self.sort = self._order()
        self._after, self._before = self._cursor("after"), self._cursor("before")
        self.bound = self._filters()

    # --- the rows -------------------------------------------------------------------------------------------------
    @cached_property
    def filtered(self) -> QuerySet:
        """Every row that the search and the filters let through, unordered."""
        return self.narrowed(self.bound)

    def narrowed(self, bound: Any, *, searched: bool = True) -> QuerySet:
        """The person's rows under these filters and the search."""
        rows = self.resource.rows(self.user)
        rows = bound.filter_queryset(rows.filter(**self._only) if self._only else rows)
        return rows.filter(search.matches(self.q)) if self.q and searched else rows

    @cached_property
    def found(self) -> Found:
        """What the search finds in all the declared views together, up to a thousand rows. Asked when there is one."""
        columns = self.tab_values.columns
        if self._sight is not None and not self._only:
            return standing.searched(self.resource.model, self._asked(plan=self._search), self.order, columns)
        return self._search.find(self.narrowed(self.tab_values.beyond, searched=False), self.order, columns)

    @cached_property
    def _search(self) -> Plan:
        return Plan.of(self.resource.model, self.q)

    @cached_property
    def tab_values(self) -> TabValues:
        return TabValues(self)

    @cached_property
    def page(self) -> keyset.Page:
        look = self.resource.look
        return self.turned({*(col.name for col in self._cols), *look.subtitle, *look.side})

    @property
    def plain(self) -> Sight | None:
        """Which rows are seen, where they are the list: then its statements depend on nothing else, and are kept."""
        return self._sight if not self._only and not self.q else None

    @cached_property
    def _sight(self) -> Sight | None:
        """The same, where a search or a record may narrow them."""
        filtered = self.bound.form.cleaned_data or not self.bound.is_plain
        return None if filtered else standing.sight(self.resource, self.user)

    def _asked(self, **more: Any) -> standing.Asked:
        return standing.Asked(self._only, sight=self._sight or EVERYTHING, **more)

    def turned(self, shown: Collection[str]) -> keyset.Page:
        """The page of the address, of rows that hold these fields."""
        after, order = None if self._before else self._after, self.order
        if self._found_first and not (after or self._before):
            order, first = order.of_few, (self.found.keys or [])[: self.size + 1]
            take = self._taking(shown, order, self._asked(among=first))
        else:
            take = self.taking(shown)
        return keyset.page(take, order, after=after, before=self._before, size=self.size)

    def taking(self, shown: Collection[str]) -> standing.Rows:
        """What the pages of the list are taken with, called as Order.take; `shown`: fields that the rows hold."""
        order, asked = self.order, self._asked()
        if not self.q:
            return self._taking(shown, order, asked)
        if self.found.every_key is not None:  # no need to search again
            return self._taking(shown, order.of_few, replace(asked, among=self.found.every_key))
        if parts := self._search.parts(order):
            front, behind = (replace(asked, plan=part) for part in parts)
            return keyset.merged([self._taking(shown, order, front), self._taking(shown, order.of_few, behind)], order)
        asked = replace(asked, plan=self._search)
        few = self._taking(shown, order.of_few, asked)
        if not self._search.frequent(order):
            return few
        walk = self._taking(shown, order, replace(asked, plan=self._search.along))
        return standing.near(walk, order, few, self.resource.model, self._search)

    @property
    def _found_first(self) -> bool:
        """Whether what was found is the list, from its first row on, in its order."""
        return bool(self.q) and self.tab_values.beyond is self.bound and self.found.keys is not None

    def _taking(self, shown: Collection[str], order: keyset.Order, asked: standing.Asked) -> standing.Rows:
        shown = {*shown, order.field.name}  # a cursor is made of it
        take = standing.page_of(self.resource.model, shown, order, asked) if self._sight is not None else None
        if take is None:
            rows = self.bound.filter_queryset(asked.narrow(self.resource.rows(self.user)))
            take = partial(order.take, lean(rows, shown))
        return take

    @cached_property
    def rows(self) -> list[Row]:
        fields = [(col.name, *self._written(col)) for col in self._cols[1:]]
        rows = [self._row(row, fields, rank) for rank, row in enumerate(self.page.rows, self.page.first)]
        if self._tags:
            for row in rows:
                html = tags_html(self._tags.get(row.pk, ()))
                row.cells.append(Cell("tags", html, "tags", not html))
        return rows

    @cached_property
    def _tags(self) -> dict[int, list[Any]]:
        """The tags of the page's rows: their column is there when a row of the page bears some. One query."""
        return tags_of(self.resource.key(), [row.pk for row in self.page.rows])

    def _written(self, col: Col) -> tuple[str, Callable[[models.Model], Any]]:
        """A column's class and what writes its cells; the badge is written by the row."""
        if self.resource.look.badge and self.resource.look.badge.field == col.name:
            return "st", lambda row: ""
        field_ = self._field(col)
        return css_of(field_), cell_writer(field_, hour=col.hour)

    def _row(self, row: models.Model, fields: list[tuple[str, str, Callable[[models.Model], Any]]], rank: int) -> Row:
        resource, badge = self.resource, self.resource.badge_of(row, self.user)
        cells = [Cell(name, html := write(row), css, html == "" and css != "st") for name, css, write in fields]
        return Row(
            pk=row.pk,
            url=f"{self._record_base}{row.pk}/{self.trail_of(rank)}",
            title=resource.title(row),
            subtitle=resource.subtitle_of(row, self.user),
            avatar=resource.look.avatar,
            badge=badge,
            cells=cells,
            side=self._beside(row),
        )

    def _beside(self, row: models.Model) -> str:
        texts = [conditional_escape(text) for write in self._side if (text := write(row))]
        return SafeString(" · ".join(texts))

    @cached_property
    def _side(self) -> list[Callable[[models.Model], Any]]:
        hidden = self.resource.hidden_from(self.user)
        known = {col.name: col for col in self.resource.columns}
        names = [name for name in self.resource.look.side if name not in hidden]
        return [self._written(known.get(name, Col(name)))[1] for name in names]

    @cached_property
    def _record_base(self) -> str:
        return self.resource.list_url

    def trail_of(self, rank: int) -> str:
        """What tells a record the list that one comes from, and its place there: see core.neighbours."""
        keeps = self._trail and len(self._trail_query) < MAX_TRAIL
        return f"?from={rank}~{self._trail_query}" if keeps else ""

    @cached_property
    def _trail_query(self) -> str:
        return quote(self.base_params().urlencode())

    def _field(self, col: Col) -> models.Field:
        return field_of(self.resource.model, col.name)

    # --- counts and places ------------------------------------------------------------------------------------------
    @cached_property
    def total(self) -> int:
        """Up to the cap; of a search, up to a thousand (see `at_least`)."""
        if not self.q:
            return keyset.capped_count(self.filtered)
        return self.found.count(self._places) if self._places is not None else keyset.capped_count(self.filtered)

    @cached_property
    def _places(self) -> dict[int, Any] | None:
        values, kept = self.tab_values, self.bound.data
        places = values.places(self.params)
        return places if all(name in kept for name in values.fields or () if self.params.get(name)) else None

    @property
    def at_least(self) -> bool:
        """Whether `total` counts but the first rows of a search."""
        return bool(self.q) and self._places is not None and not self.found.complete

    @property
    def total_label(self) -> str:
        return count_label(self.total, at_least=self.at_least)

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
        shown = [self._column(col) for col in self._cols]
        return [*shown, Column("tags", _("Étiquettes"), "tags")] if self._tags else shown

    def _column(self, col: Col) -> Column:
        field_ = self._field(col)
        column = Column(col.name, label_of(self.resource, col), css_of(field_))
        if col.sort:
            here = self.order.field.name == col.name
            if here:
                column.direction = "descending" if self.order.descending else "ascending"
            column.sort_url = self._with(sort=f"-{col.name}" if here and not self.order.descending else col.name)
        return column

    def _order(self) -> tuple[keyset.Order, str]:
        known = sortable(self.resource, self.user)
        asked = self.params.get("sort", "")
        name, descending = asked.removeprefix("-"), asked.startswith("-")
        if asked and name not in known:
            self.notices.append(_("Ce tri n’existe pas : la liste garde son ordre habituel."))
            asked, descending = "", False
        if not known:  # an interface that may read no column that sorts
            return keyset.Order(self.resource.model._meta.pk), ""
        if not asked:
            col = opening(known)
            return keyset.Order(self._field(col), col.newest), ""
        return keyset.Order(self._field(known[name]), descending), asked

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
        bound, ignored = bind(self.resource, self.user, cleaned(self.params))
        gone = [name for name in self.params if is_parameter(name) and name not in bound.filters]
        if ignored or gone:
            self.notices.append(_("Un filtre de cette adresse n’existe pas (ou plus) : il est ignoré."))
        return bound

    @cached_property
    def facets(self) -> list[Facet]:
        return list(facets_of(self.bound))

    @property
    def facets_url(self) -> str:
        """Where the counts of a facet are asked for, before its name."""
        return f"{self.resource.list_url}facets/"

    @cached_property
    def own_facets(self) -> list[Facet]:
        """Those of the client's own fields: one menu holds them all."""
        return custom_facets(self.bound)

    @property
    def own_active(self) -> int:
        return sum(facet.active for facet in self.own_facets)

    @cached_property
    def chips(self) -> list[dict[str, str]]:
        tabbed = {name for view in self.tabs for name in view.params}
        return [
            {"label": facet.label, "value": text, "remove_url": self._without(name, value)}
            for facet in (*self.facets, *self.own_facets)
            if facet.name not in tabbed
            for name, value, text in facet.chosen()
        ]

    @property
    def clear_url(self) -> str:
        return self.address(QueryDict())

    @cached_property
    def tabs(self) -> list[View]:
        """The declared views whose filters this person has; « Tout » when there is none."""
        known = self.bound.filters
        found = [view for view in self.resource.views if all(name in known for name in view.params)]
        return found or [View(_("Toutes") if self.resource.look.feminine else _("Tous"))]

    @cached_property
    def views(self) -> list[Tab]:
        return tabs_of(self)

    @cached_property
    def tools(self) -> dict[str, str]:
        return tools_of(self)

    @property
    def hidden(self) -> list[tuple[str, str]]:
        """What the form of search and filters must carry along: the sort, and the tab."""
        shown = {facet.name for facet in self.facets}
        names = {name for view in self.tabs for name in view.params} - shown
        kept = [("sort", self.sort)] if self.sort else []
        if self.params.get("view"):
            kept.append(("view", self.params.get("view", "")))
        return kept + [(name, value) for name in sorted(names) for value in self.params.getlist(name)]

    # --- addresses --------------------------------------------------------------------------------------------------
    def base_params(self) -> QueryDict:
        """The present query string without the page."""
        params = self.params.copy()
        for name in ("after", "before"):
            params.pop(name, None)
        return params

    def _with(self, **changes: str) -> str:
        params = self.base_params()
        for name, value in changes.items():
            params[name] = value
        return self.address(params)

    def address(self, params: QueryDict) -> str:
        """The list with another query string. Bare, it would open on the person's default view: then it says "all"."""
        kept = QueryDict(mutable=True)
        for name, values in params.lists():
            if any(values):
                kept.setlist(name, values)
        if not kept and any(view.opens_first for view in self.saved):  # type: ignore[attr-defined]
            kept["view"] = "all"
        return f"{self.url}?{kept.urlencode()}" if kept else self.url

    def _without(self, name: str, value: str) -> str:
        params = self.base_params()
        params.setlist(name, [kept for kept in params.getlist(name) if kept != value])
        return self.address(params)
