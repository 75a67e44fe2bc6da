"""Between the door and the pages: whoever wears a role that demands a second factor sets one up first."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseForbidden
from django.shortcuts import redirect
from django_htmx.http import HttpResponseClientRedirect

from core.htmx import is_htmx

# Names of addresses that stay open: setting the factor up, signing out, and what nobody needs to be signed in for.
OPEN_NAMES = frozenset(
    [
        "brand",
        "prefs",
        "privacy",
        "unsubscribe",
        "resubscribe",
        "styleguide",
        "account-security",
        "account-sessions-end",
        "account-session-end",
        "account-factor-needed",
    ]
)
OPEN_PREFIXES = ("account_", "mfa_", "invitation")


def is_open(request: HttpRequest) -> bool:
    name = request.resolver_match.url_name or "" if request.resolver_match else ""
    return name in OPEN_NAMES or name.startswith(OPEN_PREFIXES)


def lead_to(request: HttpRequest, page: str) -> HttpResponse:
    """The way to a page that must be seen first; programs are told no."""
    if request.path.startswith("/api/") and not request.path.startswith("/api/docs"):
        return HttpResponseForbidden()
    if is_htmx(request):
        return HttpResponseClientRedirect(page)
    return redirect(page)


class SecondFactorGate:
    """Costs no query: the person of the request comes with `lacks_factor` (core.accounts.backends)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        if is_open(request) or not request.user.is_authenticated or not request.user.lacks_factor:
            return None
        return lead_to(request, "/account/2fa/needed/")
