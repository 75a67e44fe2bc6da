"""A small form about a list: a page of its own, or the part of it that the list shows in a dialog."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils.cache import patch_vary_headers
from django_htmx.http import HttpResponseClientRedirect

from core.htmx import is_htmx, wants_partial
from core.views.base import ResourceView


class PanelView(ResourceView):
    def answered(self, answer: HttpResponse) -> HttpResponse:
        """To a form that was sent from within the dialog, the page to go to is told: followed there, it would be shown
        to nobody, with its messages."""
        within = self.request.method == "POST" and is_htmx(self.request)
        return HttpResponseClientRedirect(answer.url) if within and isinstance(answer, HttpResponseRedirect) else answer

    def panel(self, part: str, title: str, context: dict[str, Any]) -> HttpResponse:
        """`part` is the template of the form. The page and the dialog show the same. With errors too it is a 200."""
        request: HttpRequest = self.request
        alone = wants_partial(request)
        context = {"resource": self.resource, "part": part, "title": title, "back_url": self.list_url(), **context}
        response = render(request, part if alone else "core/panel.html", context)
        patch_vary_headers(response, ["HX-Request-Type"])
        return response

    def list_url(self) -> str:
        """The list as it was: the query string came along. A bare one would open on the person's default view."""
        query = self.request.GET.urlencode()
        return f"{self.resource.list_url}?{query or 'view=all'}"

    def to_list(self) -> HttpResponse:
        return redirect(self.list_url())
