"""Which client a request is for. Anything unclear ends here: 404 for an unknown host, 503 for a closed instance."""

import copy
import time
from typing import Any

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.deprecation import MiddlewareMixin
from django_tenants.postgresql_backend.base import FakeTenant

from tenants import freshness, maintenance
from tenants.client_certificates import Refused, check_certificate
from tenants.connection import connection
from tenants.models import Client, Domain, State

TTL = settings.FLEET_TTL  # of a look-up, also of an unknown host
_KEPT = 5000
_EXIT = ("/sortie/", "/account/", "/brand/logo")  # of a closed client: its administrators take what is theirs
_PRIVACY, _BRAND = "/confidentialite/", "/brand.css"
_UNSUBSCRIBE = "/d/"  # from a mail, by anybody, whatever the state (R20)
_cache: dict[str, tuple[float, int, Client | None]] = {}  # {host: (until when, under which stamp, the client)}


def forget_hosts() -> None:
    """Empty this process's look-ups, and those of the others when the change is committed."""
    _cache.clear()
    freshness.announce()


def client_of(host: str) -> Client | None:
    """The client of a host name, or None. A copy: nobody's change reaches another request."""
    now, stamp = time.monotonic(), freshness.stamp()
    known = _cache.get(host)
    if known is None or known[0] < now or known[1] != stamp:
        domain = Domain.objects.select_related("tenant").filter(domain=host).first()
        if domain:
            _ = domain.tenant.unlicensed  # kept with the client: no request asks for it
        if len(_cache) >= _KEPT:
            _cache.clear()
        known = _cache[host] = (now + TTL, stamp, domain.tenant if domain else None)
    return copy.copy(known[2])


def vendor_part(host: str) -> str | None:
    """ "www", "ops" or "dpo" for the vendor's own hosts, else None."""
    base = settings.BASE_DOMAIN
    if host in (base, f"www.{base}"):
        return "www"
    part = host.removesuffix(f".{base}")
    return part if part in settings.VENDOR_URLCONFS and part != host else None


class ClientMiddleware(MiddlewareMixin):
    """Activates the client of the request's host, or the public schema on the vendor's hosts."""

    def process_request(self, request: HttpRequest) -> HttpResponse | None:
        connection.set_schema_to_public()
        request.client = None  # type: ignore[attr-defined]
        if request.path == "/healthz":
            return HttpResponse("ok", content_type="text/plain")
        if request.path in ("/readyz", "/sante/"):
            return _health()
        if request.path == "/tls/ask":
            return _tls_ask(request)
        try:
            host = request.get_host().rsplit(":", 1)[0].lower().rstrip(".")
        except DisallowedHost:
            return self._unknown(request, "")
        part = vendor_part(host)
        if part:
            request.tenant = FakeTenant(settings.PUBLIC_SCHEMA_NAME)  # type: ignore[attr-defined]
            _route(request, settings.VENDOR_URLCONFS[part])
            return None
        client = client_of(host)
        if client is None:
            return self._unknown(request, host)
        client.domain_url = host  # type: ignore[assignment]
        request.client = request.tenant = client  # type: ignore[attr-defined]
        closing, client.maintenance = maintenance.of_client(client.pk)
        connection.set_tenant(client)
        if client.demands_certificate and not request.path.startswith((settings.STATIC_URL, _UNSUBSCRIBE)):
            try:
                check_certificate(request, client.certificate_authorities, client.certificate_fingerprints)
            except Refused as refused:
                return render(request, "vendor/certificate.html", {"client": client, "why": refused.why}, status=403)
        opened = _always_open(request.path) or (client.state == State.CLOSED and request.path.startswith(_EXIT))
        if (closing or not client.is_served) and not opened:
            return self._closed(request, client, closing)
        return None

    def _closed(self, request: HttpRequest, client: Client, window: maintenance.Window | None) -> HttpResponse:
        seconds = window.seconds_left(timezone.now()) if window else 600
        context = {"client": client, "window": window}
        headers = {"Retry-After": str(seconds), "Cache-Control": "no-store"}
        response = render(request, "vendor/closed.html", context, status=503)
        for name, value in headers.items():
            response.headers[name] = value
        return response

    def _unknown(self, request: HttpRequest, host: str) -> HttpResponse:
        _route(request, settings.PUBLIC_SCHEMA_URLCONF)
        home = f"{request.scheme}://{settings.BASE_DOMAIN}"
        port = request.META.get("HTTP_HOST", "").partition(":")[2]
        if port.isdigit():
            home += f":{port}"
        return render(request, "vendor/unknown_host.html", {"host": host, "home_url": f"{home}/"}, status=404)


def _route(request: Any, urlconf: str) -> None:
    request.urlconf = urlconf


def _always_open(path: str) -> bool:
    """What a closed instance still shows: the way out of mailings, whom to ask about one's data, how pages look."""
    return path in (_PRIVACY, _BRAND) or path.startswith((settings.STATIC_URL, _UNSUBSCRIBE))


def _tls_ask(request: HttpRequest) -> HttpResponse:
    """The proxy's question before it asks for a certificate: 200 for a host of ours or of a client that is not closed.

    The proxy asks directly; what came through it, from outside, carries its headers and is not answered.
    """
    host = request.GET.get("domain", "").lower().rstrip(".")
    client = None if "X-Forwarded-For" in request.headers or not host else client_of(host)
    known = client is not None and client.state != State.CLOSED
    if not known and "X-Forwarded-For" not in request.headers:
        known = vendor_part(host) is not None
    return HttpResponse("ok" if known else "no", status=200 if known else 404, content_type="text/plain")


def _health() -> HttpResponse:
    """200 while PostgreSQL and Redis answer; their errors make the 503 page (core.views.errors).

    /healthz only says that the process answers: whoever restarts it must not do so because a server is away.
    """
    from django.core.cache import cache

    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    cache.get("health")
    return HttpResponse("ok", content_type="text/plain")
