"""The list, as a page or as the region that htmx asked for; the counts of a facet; the look-up behind comboboxes."""

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.cache import patch_vary_headers

from core import facets
from core.actions.saved_views import address, views_of
from core.bulk import allowed, gestures
from core.columns import chosen
from core.htmx import wants_partial
from core.keyset import capped_counts
from core.lean import lean
from core.listing import Listing
from core.models import SavedView
from core.search import matches
from core.tabs import COUNTED, count_label, params_of
from core.text import clean
from core.views.base import ResourceView

_COUNTED_LATER = 40  # tabs; who has more does not read their figures


class ListView(ResourceView):
    def get(self, request: HttpRequest) -> HttpResponse:
        saved = views_of(self.resource, self.user)
        if not request.GET and (first := opens_on(saved)):
            return redirect(address(first, self.resource.list_url))
        view = next((view for view in saved if str(view.pk) == request.GET.get("view")), None)
        cols = chosen(self.resource, self.user, view)
        listing = Listing(self.resource, self.user, request.GET, cols=cols, saved=saved, trail=True)
        partial = wants_partial(request)
        can = self.can()
        context = {
            "resource": self.resource,
            "listing": listing,
            "can": can,
            "gestures": [
                gesture for gesture in gestures(self.resource).values() if allowed(gesture, self.resource, self.user)
            ],
            "bulk_url": f"{self.resource.url('bulk')}?{listing.base_params().urlencode()}",
            "query": (query := listing.base_params().urlencode()),
            "displays": self.resource.displayed("list", query),
            "duplicates_url": self.resource.url("duplicates") if self.resource.duplicates else "",
        }
        response = render(request, "core/list.html#list" if partial else "core/list.html", context)
        patch_vary_headers(response, ["HX-Request-Type"])
        return response


def opens_on(saved: list[SavedView]) -> SavedView | None:
    """The view that an administrator chose for one of the person's roles; the first when there are several."""
    return next((view for view in saved if view.opens_first), None)  # type: ignore[attr-defined]


class FacetView(ResourceView):
    """{value: "1 526"}: asked for when the menu of a facet opens, since counting costs more than the list itself.

    204 for a filter of the list whose options nobody can count.
    """

    def get(self, request: HttpRequest, name: str) -> HttpResponse:
        listing = self.listing()
        found = facets.counts(listing, name)
        if found is not None:
            return JsonResponse(found)
        if name not in listing.bound.filters:
            raise Http404
        return HttpResponse(status=204)

    def listing(self) -> Listing:
        return Listing(self.resource, self.user, self.request.GET)


class CountsView(ResourceView):
    """{view: "1 526"} of the tabs that the page left without a figure: one query, once the page is there."""

    def get(self, request: HttpRequest) -> HttpResponse:
        views = views_of(self.resource, self.user)[COUNTED : COUNTED + _COUNTED_LATER]
        totals = capped_counts([Listing(self.resource, self.user, params_of(view)).filtered for view in views])
        return JsonResponse({view.pk: count_label(total) for view, total in zip(views, totals, strict=True)})


class LookupView(ResourceView):
    """Up to ten rows for a combobox: [{"pk", "title", "subtitle"}]."""

    def get(self, request: HttpRequest) -> HttpResponse:
        listing = Listing(self.resource, self.user, request.GET)
        found = lean(self.rows.filter(matches(clean(request.GET.get("q", "")))), self.resource.look.subtitle)
        rows = listing.order.apply(found)[:10]
        options = [
            {
                "pk": row.pk,
                "title": self.resource.title(row),
                "subtitle": self.resource.subtitle_of(row, self.user),
            }
            for row in rows
        ]
        return JsonResponse({"results": options})
