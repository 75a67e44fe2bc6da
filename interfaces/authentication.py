"""A key opens the API: looked up at every call, so that what is revoked is dead at once in every process."""

import hashlib
import re
import secrets
from typing import Any

from django.utils import timezone
from rest_framework.authentication import BaseAuthentication

from core import audit
from core.accounts.models import User
from core.api import rates
from core.api.authentication import Session
from core.api.problems import Problem
from interfaces.models import ApiKey
from interfaces.principal import Limits, write_call

BITS = 256
_FORM = re.compile(r"b2o_[a-z0-9]{8}_[A-Za-z0-9_-]{43}")
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


def new_secret() -> tuple[str, str, str]:
    """(the key as it is shown once, its prefix, its digest). 256 random bits: SHA-256 needs neither salt nor time."""
    prefix = "".join(secrets.choice(_LETTERS) for _number in range(8))
    key = f"b2o_{prefix}_{secrets.token_urlsafe(BITS // 8)}"
    return key, prefix, digest_of(key)


def digest_of(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


class Key(BaseAuthentication):
    """`Authorization: Bearer b2o_…`. Whoever sends one is that interface or nobody: no session stands in for it."""

    def authenticate_header(self, request: Any) -> str:
        return Session().authenticate_header(request)

    def authenticate(self, request: Any) -> tuple[User, Limits] | None:
        scheme, _space, sent = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        key = self.found(sent.strip())
        if key is None:
            raise refused()
        why = self.why_dead(key)
        if why:
            limits = Limits(key.request, key, [], request._request)
            if rates.take(limits.person, limits.rates).refused:  # a dead key does not fill the journal either
                raise Problem("rate")
            write_call(request._request, key, 401, refusal=why)
            raise refused()
        limits = Limits(key.request, key, list(key.request.resources.all()), request._request)
        if request.method not in ("GET", "HEAD", "OPTIONS"):
            match = request._request.resolver_match
            name = match.view_name if match else ""
            audit.tell(actor=limits.person, screen=name, operation=f"interface:{key.request_id}")
        return limits.person, limits

    def found(self, sent: str) -> ApiKey | None:
        if not _FORM.fullmatch(sent):
            return None
        # By the digest of what was sent: how long the look-up takes tells nothing of a key that exists.
        return ApiKey.objects.select_related("request").filter(digest=digest_of(sent)).first()

    def why_dead(self, key: ApiKey) -> str:
        if key.revoked_at is not None:
            return "key_revoked"
        if key.expires_on is not None and key.expires_on < timezone.localdate():
            return "key_expired"
        state = key.request.why_not_in_force()
        return f"request_{state}" if state else ""


def refused() -> Problem:
    return Problem("key", headers={"WWW-Authenticate": 'Bearer realm="MyB2O", error="invalid_token"'})
