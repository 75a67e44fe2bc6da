"""A key opens the API: looked up at every call, so that what is revoked is dead at once in every process."""

from typing import Any

from rest_framework.authentication import BaseAuthentication

from core import audit
from core.accounts.models import User
from core.api import rates
from core.api.authentication import Session
from core.api.problems import Problem
from interfaces.models import ApiKey
from interfaces.principal import Limits, why_dead, write_call
from interfaces.tokens import FORM, digest_of


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
        why = why_dead(key)
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
        if not FORM.fullmatch(sent):
            return None
        # By the digest of what was sent: how long the look-up takes tells nothing of a key that exists.
        return ApiKey.objects.select_related("request").filter(digest=digest_of(sent), form_of="").first()


def refused() -> Problem:
    return Problem("key", headers={"WWW-Authenticate": 'Bearer realm="MyB2O", error="invalid_token"'})
