"""The tabs of a list: the views that everybody has, then the saved ones, each with its count."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.http import QueryDict

from core.actions.saved_views import address, asked, may_change
from core.display import number
from core.facets import grouped
from core.keyset import COUNT_CAP, capped_counts
from core.models.views import Audience

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

    from core.listing import Listing

COUNTED = 4  # saved views whose rows are counted; those after them are tabs without a figure
_ICONS = {Audience.TEAM: "users", Audience.EVERYONE: "globe"}


@dataclass
class Tab:
    label: StrOrPromise
    url: str
    current: bool
    count: str | None = None
    icon: str = ""  # of a view that others see too


def count_label(count: int) -> str:
    """1 594, or 10 000+ beyond the cap."""
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
    together = _together(listing, base, names)
    for place, (tab, params) in enumerate(tabs):
        total = together[place] if together else _total(listing, params, tab.current)
        if tab.current:
            listing.total = total
        tab.count = count_label(total)
    return [tab for tab, _params in tabs]


def _together(listing: Listing, base: QueryDict, names: set[str]) -> list[int] | None:
    """The counts of the declared views in one query; None when one is more than values of fields."""
    params = base.copy()
    for name in names:
        params.pop(name, None)
    here = listing.view is None and params.keys() == base.keys()
    whole = listing if here else listing.__class__(listing.resource, listing.user, params)
    wanted = []
    for view in listing.tabs:
        filters = [(whole.bound.filters[name], value) for name, value in view.params.items()]
        if any(filter_.method or filter_.exclude or filter_.lookup_expr != "exact" for filter_, _value in filters):
            return None
        wanted.append({filter_.field_name: value for filter_, value in filters})
    fields = {field for values in wanted for field in values}
    if whole.q and len(fields) == 1:  # one search for all, as long as its rows are not more than are counted
        field = fields.pop()
        found = grouped(whole.filtered.order_by().values_list(field)[: COUNT_CAP + 1])
        if sum(found.values()) <= COUNT_CAP:
            return [found.get(values[field], 0) if values else sum(found.values()) for values in wanted]
    return capped_counts([whole.filtered.filter(**values) for values in wanted])


def _saved(listing: Listing) -> list[Tab]:
    out = []
    for index, view in enumerate(listing.saved):
        params = QueryDict(mutable=True)
        for name, values in view.params.items():
            params.setlist(name, values)
        current = view == listing.view
        same = current and asked(listing.params) == view.params
        count = count_label(_total(listing, params, same)) if index < COUNTED else None
        out.append(Tab(view.name, address(view, listing.url), current, count, _ICONS.get(view.audience, "")))  # type: ignore[call-overload]
    return out


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
