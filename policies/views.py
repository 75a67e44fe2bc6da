"""The policy, for anybody; and its important changes, for whoever has not read them yet."""

from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from django_tenants.utils import schema_context

from core.accounts.access import MODULES
from core.views.base import InstanceView
from policies.current import in_force
from policies.models import PolicyVersion
from policies.reading import SESSION_KEY, asked_of, keep_proof, unread
from policies.text import as_html

CNIL = "https://www.cnil.fr/fr/plaintes"


def shown(version: PolicyVersion) -> dict[str, Any]:
    title = _("Notice : %s") % MODULES.get(version.module, version.module) if version.module else ""
    return {"version": version, "title": title, "html": as_html(version.text)}


def versions() -> list[PolicyVersion]:
    with schema_context(settings.PUBLIC_SCHEMA_NAME):
        return list(PolicyVersion.objects.filter(module="").defer("text"))


@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    """The text in force, each module's notice, the DPO (R05), the CNIL (R21); « ?version=3 »: as it was then."""
    asked = request.GET.get("version", "")
    known = in_force().latest
    texts = [shown(_old(asked))] if asked else [shown(known[module]) for module in sorted(known)]
    context = {"texts": texts, "old": asked, "versions": versions(), "cnil_url": CNIL}
    return render(request, "policies/privacy.html", context)


def _old(number: str) -> PolicyVersion:
    if not (number.isascii() and number.isdigit() and len(number) < 10):
        raise Http404
    with schema_context(settings.PUBLIC_SCHEMA_NAME):
        found = PolicyVersion.objects.filter(pk=int(number)).first()
    if found is None:
        raise Http404
    return found


class ReadingView(InstanceView):
    """The important changes, one after the other on a page; « J’ai lu » keeps the proof and leads back to work."""

    def get(self, request: HttpRequest) -> HttpResponse:
        asked = unread(self.user)
        if not asked:
            return redirect("home")
        return self.show(asked)

    def post(self, request: HttpRequest) -> HttpResponse:
        asked = unread(self.user)
        if request.POST.getlist("number") != [str(version.pk) for version in asked]:
            return (
                self.show(asked, _("Un texte a changé pendant votre lecture : le voici."))
                if asked
                else redirect("home")
            )
        if "read" not in request.POST:
            return self.show(asked, _("Cochez la case quand vous avez lu."))
        keep_proof(self.user, asked, request)
        request.session[SESSION_KEY] = asked_of(self.user)
        return redirect("home")

    def show(self, asked: list[PolicyVersion], error: str = "") -> HttpResponse:
        texts = [shown(version) for version in asked]
        return render(self.request, "policies/reading.html", {"texts": texts, "error": error, "cnil_url": CNIL})
