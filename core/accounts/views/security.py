"""One's own account: sessions and where they are, what happened at the door, password, second factor."""

from typing import Any

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.accounts.actions.people import end_sessions
from core.accounts.devices import device_name, remember_device
from core.accounts.journal import note
from core.accounts.models import DoorEvent, DoorEventKind
from core.views.base import InstanceView

_LINES = 20
TONES = {
    DoorEventKind.SIGNED_IN: "good",
    DoorEventKind.FAILED: "warn",
    DoorEventKind.FACTOR_FAILED: "warn",
    DoorEventKind.LIMITED: "danger",
}
MEANS = {
    "password": gettext_lazy("mot de passe"),
    "password_reset": gettext_lazy("lien de réinitialisation"),
    "invitation": gettext_lazy("invitation"),
    "totp": gettext_lazy("code"),
    "recovery_codes": gettext_lazy("code de secours"),
    "webauthn": gettext_lazy("clé d’accès"),
}


def line(event: DoorEvent) -> dict[str, Any]:
    """What a template shows of an event."""
    kind = DoorEventKind(event.kind)
    return {
        "event": event,
        "label": kind.label,
        "tone": TONES.get(kind, "neutral"),
        "means": MEANS.get(event.means, ""),
    }


class Own(InstanceView):
    """A page about oneself: nobody else's is reachable from here."""


class SecurityView(Own):
    def get(self, request: HttpRequest) -> HttpResponse:
        sessions = UserSession.objects.purge_and_list(self.user)
        here = request.session.session_key
        shown = [
            {"session": session, "device": device_name(session.user_agent), "here": session.session_key == here}
            for session in sorted(sessions, key=lambda found: found.created_at, reverse=True)
        ]
        events = DoorEvent.objects.filter(person=self.user).order_by("-pk")[:_LINES]
        factors = Authenticator.objects.filter(user=self.user).order_by("created_at")
        context = {
            "sessions": shown,
            "lines": [line(event) for event in events],
            "totp": next((found for found in factors if found.type == Authenticator.Type.TOTP), None),
            "passkeys": [found.wrap() for found in factors if found.type == Authenticator.Type.WEBAUTHN],
            "codes": next((found for found in factors if found.type == Authenticator.Type.RECOVERY_CODES), None),
        }
        return render(request, "account/security.html", context)


class SessionEndView(Own):
    """One session of one's own."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        return redirect("account-security")

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        session = get_object_or_404(UserSession, pk=pk, user=self.user)
        if session.session_key == request.session.session_key:
            return redirect("account_logout")
        session.end()
        note(DoorEventKind.SESSIONS_ENDED, self.user, request)
        messages.success(request, _("Cette session est fermée."))
        return redirect("account-security")


class SignOutEverywhereView(Own):
    """Everywhere but here; devices that were known are strangers again."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return redirect("account-security")

    def post(self, request: HttpRequest) -> HttpResponse:
        user = self.user
        end_sessions(user, but=request.session.session_key or "")
        UserSession.objects.filter(session_key=request.session.session_key).delete()
        update_session_auth_hash(request, user)  # this session is signed anew, under another key
        UserSession.objects.create_from_request(request)
        note(DoorEventKind.SESSIONS_ENDED, user, request)
        messages.success(request, _("Toutes vos autres sessions sont fermées."))
        response = redirect("account-security")
        remember_device(request, response, user)
        return response
