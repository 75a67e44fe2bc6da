"""The journal of the door of the whole instance, for its administrators."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from core.accounts.models import DoorEvent, DoorEventKind, User
from core.accounts.views.administration import Administration
from core.accounts.views.security import line

_PAGE = 50


class JournalView(Administration):
    section = "journal"

    def get(self, request: HttpRequest) -> HttpResponse:
        kind, who = request.GET.get("kind", ""), number(request.GET.get("person"))
        before = number(request.GET.get("before"))
        events = DoorEvent.objects.select_related("person").order_by("-pk")
        kept: dict[str, Any] = {}
        if kind in DoorEventKind.values:
            events, kept["kind"] = events.filter(kind=kind), kind
        if who:
            events, kept["person"] = events.filter(person=who), who
        found = list((events.filter(pk__lt=before) if before else events)[: _PAGE + 1])
        more = {**kept, "before": found[_PAGE - 1].pk} if len(found) > _PAGE else {}
        return self.page(
            "people/journal.html",
            lines=[line(event) for event in found[:_PAGE]],
            kinds=[{"value": value, "label": label, "chosen": value == kind} for value, label in DoorEventKind.choices],
            people=[
                {"pk": person.pk, "name": str(person), "chosen": person.pk == who} for person in User.objects.all()
            ],
            filtered=bool(kept),
            more_url=f"{reverse('journal')}?{urlencode(more)}" if more else "",
            nobody=_("adresse inconnue"),
        )


def number(text: str | None) -> int:
    """A key of an address; 0 for what is none."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 19 else 0
