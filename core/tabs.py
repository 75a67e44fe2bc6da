"""The tabs of a list: the views that everybody has, then the saved ones, each with its count."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Model
from django.http import QueryDict

from core.actions.saved_views import address, asked, may_change
from core.display import number
from core.keyset import COUNT_CAP, counting
from core.models.views import Audience
from core.search_plan import FOUND_CAP
from core.sight import EVERYTHING, Sight
from core.statements import fetch

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

    from core.listing import Listing
    from core.models import SavedView

COUNTED = 4  # saved views whose rows are counted with the page; those after them, once it is there
_ICONS = {Audience.TEAM: "users", Audience.EVERYONE: "globe"}


@dataclass
class Tab:
    label: StrOrPromise
    url: str
    current: bool
    count: str | None = None
    icon: str = ""  # of a view that others see too
    later: int | None = None  # the key of a view whose rows are counted once the page is there


def count_label(count: int, *, at_least: bool = False) -> str:
    """1 594, or 10 000+ beyond the cap. `at_least`: only the first thousand rows of a search were counted."""
    if at_least:
        return f"{number(min(count, FOUND_CAP))}+"
    return number(COUNT_CAP) + "+" if count > COUNT_CAP else number(count)


def tabs_of(listing: Listing) -> list[Tab]:
    """In a declared view the search and the other filters hold; a saved view brings its own."""
    return [*_declared(listing), *_saved(listing)]


def _declared(listing: Listing) -> list[Tab]:
    names = {name for view in listing.tabs for name in view.params}
    base = listing.base_params() if listing.view is None else QueryDict(mutable=True)
    base.pop("view", None)
    tabs = []
    for view in listing.tabs:
        params = base.copy()
        for name in names:
            params.setlist(name, [view.params[name]] if name in view.params else [])
        current = listing.view is None and all(listing.params.getlist(name) == params.getlist(name) for name in names)
        tabs.append((Tab(view.label, listing.address(params), current), params))
    totals = _totals(listing, [params for _tab, params in tabs], base)
    for (tab, params), total in zip(tabs, totals, strict=True):
        shown = _total(listing, params, tab.current) if total is None else total
        if tab.current:
            listing.total = shown
        tab.count = count_label(shown, at_least=_searched(listing, base) and not listing.found.complete)
    return [tab for tab, _params in tabs]


def _searched(listing: Listing, base: QueryDict) -> bool:
    """Whether the declared views hold the search: then one look at what it finds counts them all."""
    return bool(listing.q) and listing.view is None and listing.tab_values.fields is not None and "q" in base


def _totals(listing: Listing, views: list[QueryDict], base: QueryDict) -> Sequence[int | None]:
    """How many rows each declared view has, in one query; None for each where they are more than values of fields."""
    fields = listing.tab_values.fields
    if fields is None:
        return [None] * len(views)
    if _searched(listing, base):
        return [listing.found.count(listing.tab_values.places(params) or {}) for params in views]
    bare = base.copy()
    for name in fields:
        bare.pop(name, None)
    here = listing.view is None and bare.keys() == base.keys()
    whole = listing if here else listing.__class__(listing.resource, listing.user, bare)
    parts = tuple(tuple((fields[name], value) for name, value in view.params.items()) for view in listing.tabs)
    if (seen := whole.plain) is not None:
        sql, marked = _standing(listing.resource.model, seen.shape, parts, COUNT_CAP)
        return fetch(sql, seen.filled(marked), by_value=seen != EVERYTHING)[0]
    try:
        sql, parameters = counting(whole.filtered, [dict(part) for part in parts], COUNT_CAP)
    except EmptyResultSet:
        return [0] * len(parts)
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchone()


@lru_cache(maxsize=512)
def _standing(
    model: type[Model], sight: Sight, parts: tuple[tuple[tuple[Any, str], ...], ...], cap: int
) -> tuple[str, list]:
    """The statement that counts the declared views of the rows that are seen: see Listing.plain."""
    return counting(sight.narrow(model._default_manager.all()), [dict(part) for part in parts], cap)


def _saved(listing: Listing) -> list[Tab]:
    out = []
    for index, view in enumerate(listing.saved):
        params = params_of(view)
        current = view == listing.view
        same = current and asked(listing.params) == view.params
        count = _label(listing, params, same) if index < COUNTED else None
        later = view.pk if count is None else None
        out.append(Tab(view.name, address(view, listing.url), current, count, _ICONS.get(view.audience, ""), later))  # type: ignore[call-overload]
    return out


def params_of(view: SavedView) -> QueryDict:
    params = QueryDict(mutable=True)
    for name, values in view.params.items():
        params.setlist(name, values)
    return params


def _label(listing: Listing, params: QueryDict, here: bool) -> str:
    shown = listing if here else listing.__class__(listing.resource, listing.user, params)
    return shown.total_label


def _total(listing: Listing, params: QueryDict, here: bool) -> int:
    return listing.total if here else listing.__class__(listing.resource, listing.user, params).total


def tools_of(listing: Listing) -> dict[str, str]:
    """The addresses of what may be done with the present state as a view; "" for what may not."""
    resource, query = listing.resource, listing.base_params().urlencode()
    query = f"?{query}" if query else ""
    now = asked(listing.params)
    out = {"columns": resource.url("columns") + query, "save": "", "edit": "", "refresh": ""}
    if listing.view is not None:
        changed = now != listing.view.params
        if may_change(listing.view, listing.user):
            out["edit"] = resource.url("view", listing.view.pk)
            out["refresh"] = resource.url("view-refresh", listing.view.pk) + query if changed else ""
        out["save"] = resource.url("view-new") + query if changed else ""
    elif now not in [{name: [value] for name, value in view.params.items()} for view in listing.tabs]:
        out["save"] = resource.url("view-new") + query
    return out
