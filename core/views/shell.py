"""The pages around the modules: home, palette, preferences, brand, style guide."""

from functools import lru_cache

from django.conf import settings
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET, require_POST, require_safe

from core.accounts.access import Level
from core.accounts.models import User
from core.addresses import address
from core.context import menu
from core.htmx import is_htmx
from core.place import client_of
from core.registry import registry
from core.resource import Resource
from core.standing import found
from core.text import clean, fold
from core.views.base import InstanceView

PREFERENCES = {"theme": ("", "light", "dark"), "density": ("", "compact")}
_HITS = 5
_SORTED = 100
_YEAR = 365 * 24 * 3600

_folded = lru_cache(maxsize=1024)(fold)  # labels are the same from one key to the next


class PaletteView(InstanceView):
    """What Ctrl K shows: rows of every resource that the person may read, pages, and what can be created."""

    def get(self, request: HttpRequest) -> HttpResponse:
        user: User = request.user  # type: ignore[assignment]
        q = clean(request.GET.get("q", ""))[:200].strip()
        readable = [resource for resource in registry if resource.may(user, Level.READ)]
        groups = [group for resource in readable if q and (group := self.hits(resource, user, q))]
        words = fold(q).split()
        for label, options in ((_("Aller à"), self.pages(readable)), (_("Actions"), self.actions(readable, user))):
            fitting = [option for option in options if all(word in _folded(option["label"]) for word in words)]
            groups.append({"label": label, "options": fitting})
        shown = [group for group in groups if group["options"]]
        return render(request, "core/palette.html", {"groups": shown, "q": q})

    def hits(self, resource: type[Resource], user: User, q: str) -> dict | None:
        rows = found(resource, user, q, size=_HITS, among=_SORTED)
        options = [
            {
                "url": f"{resource.list_url}{row.pk}/",
                "label": resource.title(row),
                "hint": resource.hint_of(row, user),
                "avatar": resource.look.avatar,
                "icon": "",
            }
            for row in rows
        ]
        return {"label": resource.label_plural, "options": options} if options else None

    def pages(self, readable: list[type[Resource]]) -> list[dict]:
        """Those of the menu, and the others that one goes to."""
        found = {item["url"]: item for group in menu(self.request, self.request.user) for item in group["items"]}
        others = [(resource.look.icon, resource.label_plural, resource.entry_url()) for resource in readable]
        others.append(("bell", _("Notifications"), address("notifications")))
        others.append(("braces", _("API"), address("api-docs")))
        more = [_option(icon, label, url) for icon, label, url in others if url not in found]
        return [*(_option(item["icon"], item["label"], item["url"]) for item in found.values()), *more]

    def actions(self, readable: list[type[Resource]], user: User) -> list[dict]:
        out = []
        for resource in readable:
            if resource.may(user, Level.WRITE):
                out.append(_option("plus", resource.new_label, resource.create_url))
                label = _("Importer : %s") % resource.label_plural.lower()
                out.append(_option("upload", label, resource.import_url))
        out.append(_option("settings", _("Mes préférences"), address("my-preferences")))
        out.append(_option("shield-check", _("Ma sécurité"), address("account-security")))
        out.append(_option("lock", _("Changer de mot de passe"), address("account_change_password")))
        return out


def _option(icon: str, label: str, url: str) -> dict:
    return {"url": url, "label": label, "hint": "", "avatar": "", "icon": icon}


@require_POST
def preferences(request: HttpRequest) -> HttpResponse:
    """Theme and density, as cookies that the server reads: no flash at the next page."""
    response = HttpResponse(status=204) if is_htmx(request) or "fetch" in request.POST else redirect("home")
    for name, allowed in PREFERENCES.items():
        value = request.POST.get(name)
        if value in allowed:
            response.set_cookie(
                name, value, max_age=_YEAR, samesite="Lax", httponly=True, secure=settings.SESSION_COOKIE_SECURE
            )
    return response


@require_GET
@cache_control(public=True, max_age=_YEAR)
def brand(request: HttpRequest) -> HttpResponse:
    """A client's hue and chroma as two custom properties."""
    client = client_of(request)
    rules = f"--h:{client.hue};" if client.hue is not None else ""
    rules += f"--chroma:{client.chroma};" if client.chroma is not None else ""
    return HttpResponse(f":root{{{rules}}}", content_type="text/css")


@require_GET
@cache_control(public=True, max_age=_YEAR)
def logo(request: HttpRequest) -> FileResponse:
    """A client's logo; its address changes with it."""
    image = client_of(request).logo
    if not image:
        raise Http404
    return FileResponse(image.open(), content_type="image/png")


@require_safe
def styleguide(request: HttpRequest) -> HttpResponse:
    return render(request, "core/styleguide.html")
