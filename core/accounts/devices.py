"""The device at the other end: its name in words, and whether this person has signed in on it before.

A device is known by a signed cookie of its own. It opens nothing: it only tells an owner who mistypes from a stranger
who guesses, so that a stranger's failures never make the owner wait (core.accounts.limits).
"""

import re
import secrets
from typing import Any

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from core.accounts.models import User
from core.place import active_schema

_YEAR = 365 * 24 * 3600
_PEOPLE = 8  # that share a computer; the one who came longest ago is forgotten
_BROWSERS = (
    ("Edg", "Edge"), ("OPR", "Opera"), ("SamsungBrowser", "Samsung Internet"), ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"), ("CriOS", "Chrome"), ("Chrome", "Chrome"), ("Safari", "Safari"),
)  # fmt: skip
_SYSTEMS = (
    ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"), ("Mac OS X", "Mac"),
    ("CrOS", "ChromeOS"), ("Linux", "Linux"),
)  # fmt: skip


def device_name(user_agent: str) -> str:
    """« Firefox sur Windows »; « Appareil inconnu » for what says nothing of itself."""
    browser = next((name for mark, name in _BROWSERS if re.search(rf"\b{mark}/", user_agent)), "")
    system = next((name for mark, name in _SYSTEMS if mark in user_agent), "")
    if browser and system:
        return _("%(browser)s sur %(system)s") % {"browser": browser, "system": system}
    return browser or system or _("Appareil inconnu")


def _salt() -> str:
    return f"device:{active_schema()}"


def _read(request: HttpRequest) -> dict[str, Any]:
    """{"id": the device's own number, "people": {key: epoch}}; empty where there is none, or of another client."""
    try:
        found = signing.loads(
            request.COOKIES.get(settings.DEVICE_COOKIE_NAME, ""), salt=_salt(), max_age=_YEAR
        )  # fmt: skip
    except signing.BadSignature:
        return {}
    return found if isinstance(found, dict) else {}


def known_device(request: HttpRequest, person: User | None) -> str:
    """The device's number when this person has signed in on it, since they last signed out everywhere; else ""."""
    found = _read(request)
    if person is None or found.get("people", {}).get(str(person.pk)) != person.epoch:
        return ""
    return str(found.get("id", ""))


def remember_device(request: HttpRequest, response: HttpResponse, person: User) -> None:
    found = _read(request)
    people = {key: epoch for key, epoch in found.get("people", {}).items() if key != str(person.pk)}
    people = dict([*people.items(), (str(person.pk), person.epoch)][-_PEOPLE:])
    value = signing.dumps({"id": found.get("id") or secrets.token_urlsafe(12), "people": people}, salt=_salt())
    response.set_cookie(
        settings.DEVICE_COOKIE_NAME, value, max_age=_YEAR, httponly=True, samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )  # fmt: skip
