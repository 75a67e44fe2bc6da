"""What the screens of the interfaces share: administrators only, and a request that is there."""

from typing import Any

from django.db.models import Count, OuterRef, Q, Subquery
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _

from core.views.base import SettingsView
from interfaces.models import Call, WrittenRequest


class InterfaceView(SettingsView):
    def asked(self) -> WrittenRequest:
        return get_object_or_404(WrittenRequest.objects.all(), pk=self.kwargs["pk"])

    def to(self, request: WrittenRequest) -> HttpResponse:
        return redirect("interface", request.pk)


def state_of(request: WrittenRequest) -> dict[str, str]:
    """Its badge."""
    words = {
        "": (_("En vigueur"), "good"), "draft": (_("Brouillon"), "neutral"), "revoked": (_("Révoquée"), "danger"),
        "ended": (_("Expirée"), "warn"),
    }  # fmt: skip
    label, tone = words[request.why_not_in_force()]
    return {"label": label, "tone": tone}


def with_use(requests: Any) -> Any:
    """The requests with the number of their live keys and the moment of their last call. One query."""
    last = Call.objects.filter(request=OuterRef("pk")).order_by("-id").values("at")[:1]
    live = Count("keys", filter=Q(keys__revoked_at=None), distinct=True)
    return requests.annotate(live_keys=live, last_call=Subquery(last))
