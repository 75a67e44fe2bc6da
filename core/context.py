"""What the shell of every page shows: the client, the menu, the person, the theme."""

import datetime as dt
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from core.accounts.access import MODULES, Level
from core.actions.notifications import unread_count
from core.addresses import address
from core.dashboards.declaring import dashboard_of
from core.exporting.recording import may_extract
from core.registry import Menu, registry

_THEMES = ("", "light", "dark")
_DENSITIES = ("", "compact")


class _Lazy(dict[str, Any]):
    """A dict that is filled when something is first asked of it: parts of a page ask nothing of the shell, and a whole
    page asks a hundred times, which a lazy object would answer each time through a proxy."""

    def __init__(self, fill: Callable[[], dict[str, Any]]) -> None:
        super().__init__()
        self._fill: Callable[[], dict[str, Any]] | None = fill

    def __missing__(self, key: str) -> Any:
        if self._fill is None:
            raise KeyError(key)
        self.update(self._fill())
        self._fill = None
        return self[key]


def shell(request: HttpRequest) -> dict[str, Any]:
    return {"shell": _Lazy(lambda: _shell(request))}


def _shell(request: HttpRequest) -> dict[str, Any]:
    client = getattr(request, "client", None)
    user: Any = getattr(request, "user", None)
    signed_in = client is not None and user is not None and user.is_authenticated
    shown: dict[str, Any] = {
        "client": {"name": client.name, "host": request.get_host()} if client else None,
        "user": {"name": user.get_full_name(), "email": user.email} if signed_in and user else None,
        "theme": _allowed(request.COOKIES.get("theme"), _THEMES),
        "density": _allowed(request.COOKIES.get("density"), _DENSITIES),
        "dpo_email": settings.DPO_EMAIL,
        "menu": [],
        "tabs": [],
        "account_links": [],
        "brand_css": "",
        "support": None,
        "maintenance": None,
        "palette_url": "",
        "bell": None,
    }
    if client is None:
        return shown
    if client.logo:
        shown["client"]["logo"] = f"{address('logo')}?{client.logo.name.rpartition('/')[2]}"
    if client.hue is not None:
        shown["brand_css"] = f"{address('brand')}?{client.hue}-{client.chroma or ''}"
    if signed_in and user:
        shown["support"] = _support(user)
    shown["maintenance"] = getattr(client, "maintenance", None)
    shown["privacy_url"] = address("privacy")
    shown["prefs_url"] = address("prefs")
    if signed_in:
        if user.support is not None:
            shown |= {"user": None, "prefs_url": ""}  # no account to look after
        shown["menu"] = menu(request, user)
        items = [item for group in shown["menu"] for item in group["items"]]
        shown["tabs"] = [item for item in items if "menu_only" not in item][:4]  # the first ones of a phone
        shown["palette_url"] = address("palette")
        if user.support is not None:
            return shown
        shown["logout_url"] = address("account_logout")
        shown["bell"] = {"url": address("notifications"), "count": unread_count(user)}
        shown["account_links"] = [
            {"label": _("Mes préférences"), "url": address("my-preferences"), "icon": "settings"},
            {"label": _("API"), "url": address("api-docs"), "icon": "braces"},
            {"label": _("Ma sécurité"), "url": address("account-security"), "icon": "shield-check"},
        ]
    return shown


def _support(user: Any) -> dict[str, Any] | None:
    """What administrators see while B2O's support may look, and the support itself."""
    if user.support is not None:
        return {"here": True, "ends_at": user.support.ends_at, "modules": _labels(user.support.modules)}
    if not user.support_open or not user.may("settings", Level.MANAGE):
        return None
    _number, modules, ends_at = user.support_open[-1]
    return {"modules": _labels(modules), "ends_at": dt.datetime.fromisoformat(ends_at), "count": len(user.support_open)}


def _labels(modules: list[str]) -> str:
    return ", ".join(str(MODULES.get(module, module)) for module in modules)


def _allowed(value: str | None, values: tuple[str, ...]) -> str:
    return value if value in values and value else ""


def menu(request: HttpRequest, user: Any) -> list[dict[str, Any]]:
    """The groups of the menu: {label, items: [{icon, label, url, current}]}."""
    groups: list[dict[str, Any]] = [{"label": None, "items": [_item(request, "house", _("Accueil"), address("home"))]}]
    for menu in registry.menus:
        items = [
            _item(request, resource.look.icon, resource.label_plural, resource.entry_url(), resource.list_url)
            for resource in menu.items
            if resource.may(user, Level.READ)
        ]
        if items:
            groups.append({"label": str(menu.label), "items": [*_dashboards(request, menu, user), *items]})
    organisation = []
    if any(resource.may(user, Level.WRITE) for resource in registry):
        organisation.append(("upload", _("Imports"), "imports"))
    organisation.append(("hourglass", _("Travaux"), "jobs"))
    if any(resource.may(user, Level.WRITE) for resource in registry):
        organisation.append(("trash-2", _("Corbeille"), "bin"))
    if any(may_extract(resource, user) for resource in registry):
        organisation.append(("download", _("Extractions"), "extractions"))
    if user.may("settings", Level.MANAGE):
        organisation += [
            ("building-2", _("Entreprise"), "instance-settings"),
            ("id-card", _("Personnes"), "people"),
            ("sliders-horizontal", _("Champs propres"), "custom-fields"),
            ("mail", _("Courriels"), "mail"),
            ("webhook", _("Interfaces"), "interfaces"),
            ("database-backup", _("Sauvegardes"), "backups"),
        ]
    items = []
    for icon, label, name in organisation:
        try:
            items.append(_item(request, icon, label, address(name)))
        except NoReverseMatch:  # a host that serves fewer pages
            continue
    if items:
        groups.append({"label": _("Organisation"), "items": items})
    return groups


def _dashboards(request: HttpRequest, menu: Menu, user: Any) -> list[dict[str, Any]]:
    """The dashboards of a menu's modules, before its lists."""
    modules = dict.fromkeys(resource.module for resource in menu.items)
    return [
        {**_item(request, "layout-dashboard", str(found.label), reverse("dashboard", args=[module])), "menu_only": True}
        for module in modules
        if (found := dashboard_of(module)) and user.may(module, Level.READ)
    ]


def _item(request: HttpRequest, icon: str, label: str, url: str, within: str = "") -> dict[str, Any]:
    """`within`: what the entry stands for, where it opens but one page of it."""
    here = request.path == url or (url != "/" and request.path.startswith(within or url))
    return {"icon": icon, "label": label, "url": url, "current": here}
