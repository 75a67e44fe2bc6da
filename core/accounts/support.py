"""B2O's support inside an instance: a session without an account, which reads under an access of the client, no more.

Each page asks the database whether the access is still open and the person still of the staff, is written down before
it is shown, and runs in a transaction that PostgreSQL itself keeps from writing (R01).
"""

from collections.abc import Callable
from typing import Any

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import Resolver404, resolve

from core.accounts.actions.support import Staff, person_of, staff_of, visit
from core.accounts.models import SupportAccess
from core.accounts.models.support import Step

KEY = "support"  # of the session: {"access", "staff", "epoch"}
# How a page looks is neither asked for nor written down; another way in ends this one.
_FREE = ("/brand", "/support/enter/")
# What else is open than the screens of the modules: no file, no API, nothing of an account.
_OPEN = frozenset(["home", "home-tiles", "palette", "privacy", "support-leave"])


def address_of(request: HttpRequest) -> str | None:
    ip: str = get_adapter(request).get_client_ip(request)
    return None if ip == "0.0.0.0" else ip  # noqa: S104 - allauth's word for unknown


class SupportGate:
    """Costs whoever has an account a look into their session, which is read anyway."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if getattr(request, "client", None) is None or request.path.startswith((settings.STATIC_URL, *_FREE)):
            return self.get_response(request)
        held = request.session.get(KEY)
        return self.get_response(request) if held is None else self.look(request, held)

    def look(self, request: HttpRequest, held: dict[str, Any]) -> HttpResponse:
        access = SupportAccess.objects.open().filter(pk=held["access"]).first()
        staff = staff_of(held["staff"], held["epoch"])
        if access is None or staff is None:
            request.session.flush()
            return render(request, "account/support_over.html", status=403)
        request.user = person_of(access, staff)
        name = _name_if_open(request)
        if name == "support-leave" and request.method == "POST":
            self.write(request, access, staff, Step.LEFT)
            return self.get_response(request)
        if not name or request.method not in ("GET", "HEAD", "OPTIONS"):
            self.write(request, access, staff, Step.REFUSED)
            return render(request, "account/support_refused.html", status=403)
        self.write(request, access, staff, Step.PAGE)
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION READ ONLY")
            response = self.get_response(request)
            transaction.set_rollback(True)
        return response

    def write(self, request: HttpRequest, access: SupportAccess, staff: Staff, step: Step) -> None:
        visit(access, staff, step, path=request.path, address=address_of(request))


def _name_if_open(request: HttpRequest) -> str:
    """The name of the address when the support may open it, or when it is none (the 404 page says so); else ""."""
    from core.views.base import ModuleView, ResourceView

    try:
        match = resolve(request.path_info)
    except Resolver404:
        return "nowhere"
    view = getattr(match.func, "view_class", None)
    screen = view is not None and issubclass(view, (ResourceView, ModuleView))
    return match.view_name if screen or match.url_name in _OPEN else ""
