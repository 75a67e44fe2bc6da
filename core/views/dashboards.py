"""The home page, which each person arranges, and the page of each module's tiles."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from core.accounts.access import MODULES, Level
from core.accounts.licences import refuse_unlicensed
from core.accounts.models import Role, User
from core.dashboards import layout
from core.dashboards.counting import Reader
from core.dashboards.declaring import dashboard_of
from core.dashboards.showing import of_dashboard, shown
from core.registry import registry
from core.views.base import InstanceView

_CREATED = 4  # what can be created from the home page: the first of the menu; the palette has all


class HomeView(InstanceView):
    """`?arrange=1`: the same page with the tools that move its tiles."""

    def get(self, request: HttpRequest) -> HttpResponse:
        user: User = request.user  # type: ignore[assignment]
        reader = Reader(user)
        tiles, own = layout.home(reader)
        written = [resource for resource in registry if resource.may(user, Level.WRITE)]
        context: dict[str, Any] = {
            "greeting": user.get_short_name(),
            "tiles": shown(reader, tiles),
            "links": [{"label": one.new_label, "url": one.create_url} for one in written[:_CREATED]],
        }
        parts = [tile for tile in context["tiles"] if tile["key"] == "core.activity"]
        context["events"] = parts[0]["content"]["entries"] if parts else []
        if "arrange" in request.GET:
            context |= self.arranging(reader, [tile.key for tile in tiles], own)
        return render(request, "core/home.html", context)

    def arranging(self, reader: Reader, here: list[str], own: bool) -> dict[str, Any]:
        others = [tile for key, tile in layout.visible(reader).items() if key not in here]
        roles = Role.objects.all() if reader.user.may("settings", Level.MANAGE) else []
        return {"arrange": True, "own": own, "others": others, "roles": roles}


class HomeTilesView(InstanceView):
    """What is done to the home page: one gesture a POST, on the order that the page had."""

    def post(self, request: HttpRequest) -> HttpResponse:
        user: User = request.user  # type: ignore[assignment]
        keys, sent = request.POST.getlist("order"), request.POST
        if "reset" in sent:
            layout.reset(by=user)
            messages.success(request, _("L’accueil est de nouveau celui d’origine."))
            return self.back()
        if "for_role" in sent:
            return self.for_role(keys)
        key, moved = "", keys
        for name, step in (("up", -1), ("down", 1)):
            if name in sent:
                key = sent[name]
                moved = layout.moved(keys, key, step)
        if "add" in sent:
            key = sent["add"]
            moved = [*keys, key]
        elif "remove" in sent:
            moved = [kept for kept in keys if kept != sent["remove"]]
        layout.choose(moved, by=user)
        if "fetch" in sent:
            return HttpResponse(status=204)
        return self.back(f"#{key}" if key else "")

    def for_role(self, keys: list[str]) -> HttpResponse:
        if not self.request.user.may("settings", Level.MANAGE):  # type: ignore[union-attr]
            raise PermissionDenied
        chosen = self.request.POST.get("role", "")
        role = get_object_or_404(Role, pk=int(chosen) if chosen.isdecimal() and len(chosen) < 10 else 0)
        layout.choose_for_role(role, keys)
        said = _("Cet accueil est celui du rôle « %s », pour qui n’a pas arrangé le sien.")
        messages.success(self.request, said % role.name)
        return self.back()

    def back(self, place: str = "") -> HttpResponse:
        return redirect(f"{reverse('home')}?arrange=1{place}")


class DashboardView(InstanceView):
    """« Tableau de bord » of a module."""

    def check(self, request: HttpRequest) -> None:
        module = self.kwargs["module"]
        if dashboard_of(module) is None:
            raise Http404
        refuse_unlicensed(module)
        if not request.user.may(module, Level.READ):  # type: ignore[union-attr]
            raise PermissionDenied

    def get(self, request: HttpRequest, module: str) -> HttpResponse:
        dashboard = dashboard_of(module)
        reader = Reader(request.user)  # type: ignore[arg-type]
        tiles = shown(reader, of_dashboard(reader, dashboard))  # type: ignore[arg-type]
        return render(
            request, "core/dashboard.html", {"dashboard": dashboard, "module": MODULES[module], "tiles": tiles}
        )
