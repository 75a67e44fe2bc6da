"""How often a password may be tried, so that nobody guesses one, and nobody can shut somebody else out by failing.

- From one place (IP address), at one account: few. A stranger elsewhere fills their own count, not the owner's.
- From a device that this account knows: a count of its own, whatever happens at its address or anywhere else.
- At one account from unknown devices everywhere: many, spread over an hour, against guesses from a thousand addresses.
  While it lasts the owner comes in from a device that is known, by a passkey, or by the link of a forgotten password.
- From one place, at all accounts: wide, since a whole company sits behind one address.
"""

from typing import Any

from allauth.core.internal import ratelimit
from allauth.core.internal.ratelimit import RateLimitUsage
from django.conf import settings
from django.http import HttpRequest

from core.accounts.devices import known_device
from core.accounts.models import User

_APP = "core.accounts"


def _counts(request: HttpRequest, login: str, ip: str) -> list[tuple[str, str]]:
    """[(name of a limit in SIGN_IN_LIMITS, what it counts by)] for one try."""
    person = User.objects.filter(email__iexact=login).first() if login else None
    device = known_device(request, person)
    if device:
        return [("device", f"{device} {login}")]
    return [("place", ip), ("here", f"{ip} {login}"), ("everywhere", login)]


def take_try(request: HttpRequest, login: str, ip: str) -> RateLimitUsage | None:
    """Count one try. None: no more for now. A try that succeeds is given back: `usage.rollback()`."""
    taken = RateLimitUsage(usage=[])
    for name, key in _counts(request, login.lower(), ip):
        usage: Any = ratelimit.consume(request, app=_APP, action=name, config=settings.SIGN_IN_LIMITS, key=key)
        if not usage:
            return None
        taken.usage += usage.usage
    return taken


def forgive(request: HttpRequest, login: str, ip: str) -> None:
    """Forget the failures at an account, once its owner has proved themselves by a link sent to them."""
    for name, key in (("here", f"{ip} {login.lower()}"), ("everywhere", login.lower())):
        ratelimit.clear(request, app=_APP, action=name, config=settings.SIGN_IN_LIMITS, key=key)
