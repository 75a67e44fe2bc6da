"""The list, as a page or as the region that htmx asked for; and the look-up behind comboboxes."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers

from core.listing import Listing
from core.search import matches
from core.text import clean
from core.views.base import ResourceView


class ListView(ResourceView):
    def get(self, request: HttpRequest) -> HttpResponse:
        listing = Listing(self.resource, request.user, request.GET)  # type: ignore[arg-type]
        partial = request.htmx and request.htmx.request_type == "partial"  # type: ignore[attr-defined]
        context = {"resource": self.resource, "listing": listing, "can": self.can()}
        response = render(request, "core/list.html#list" if partial else "core/list.html", context)
        patch_vary_headers(response, ["HX-Request-Type"])
        return response


class LookupView(ResourceView):
    """Up to ten rows for a combobox: [{"pk", "title", "subtitle"}]."""

    def get(self, request: HttpRequest) -> HttpResponse:
        listing = Listing(self.resource, request.user, request.GET)  # type: ignore[arg-type]
        rows = listing.order.apply(self.rows.filter(matches(clean(request.GET.get("q", "")))))[:10]
        found = [
            {"pk": row.pk, "title": self.resource.title(row), "subtitle": self.resource.subtitle_of(row, self.user)}
            for row in rows
        ]
        return JsonResponse({"results": found})
