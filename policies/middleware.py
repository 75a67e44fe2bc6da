"""Nobody works on before they have read an important change of the policy (R04)."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from core.accounts.middleware import is_open, lead_to
from core.place import client_of
from policies.reading import SESSION_KEY, asked_of, unread


class ReadPolicyGate:
    """Costs no query: what is in force is kept by the process, what was read by the session."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        if client_of(request) is None or is_open(request) or not request.user.is_authenticated:
            return None
        person: Any = request.user
        if person.support is not None:  # of B2O, whose text it is
            return None
        number = asked_of(person)
        if number <= request.session.get(SESSION_KEY, 0) or request.resolver_match.url_name == "policy-reading":  # type: ignore[union-attr]
            return None
        if not unread(person):
            request.session[SESSION_KEY] = number
            return None
        return lead_to(request, reverse("policy-reading"))
