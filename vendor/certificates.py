"""How long the certificates hold (R07): those that our hosts show, and those of the authorities that clients accept.

Each host is asked as a browser would ask it: a handshake with its name, at the proxy (CERTIFICATE_PROBE).
"""

import datetime as dt
import socket
import ssl
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import NameOID
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from tenants.client_certificates import authorities_of
from tenants.models import SERVED, Client, Domain
from vendor.models import HostCertificate

_SECONDS = 10  # for one host
_TOGETHER = 8
AHEAD = dt.timedelta(days=21)


def our_hosts() -> dict[str, int | None]:
    """{host: its client}, None for the vendor's own: of each client that people can reach."""
    own: dict[str, int | None] = {settings.BASE_DOMAIN: None}
    own |= {f"{part}.{settings.BASE_DOMAIN}": None for part in settings.VENDOR_URLCONFS}
    return own | dict(Domain.objects.filter(tenant__state__in=SERVED).values_list("domain", "tenant_id"))


def watch() -> list[HostCertificate]:
    """Ask every host and keep what it answered; hosts that are gone are forgotten. Nothing where no proxy is named."""
    if not settings.CERTIFICATE_PROBE:
        return []
    asked = our_hosts()
    with ThreadPoolExecutor(_TOGETHER) as pool:
        answers = dict(zip(asked, pool.map(probe, asked), strict=True))
    now = timezone.now()
    with transaction.atomic():
        HostCertificate.objects.exclude(host__in=asked).delete()
        before = {kept.host: kept for kept in HostCertificate.objects.select_for_update()}
        for host, client in asked.items():
            ends_at, error = answers[host]
            kept = before.get(host) or HostCertificate(host=host)
            kept.client_id, kept.checked_at, kept.error = client, now, error[:200]
            kept.ends_at = ends_at or kept.ends_at
            kept.failing_since = (kept.failing_since or now) if error else None
            kept.save()
    return list(HostCertificate.objects.select_related("client"))


def probe(host: str, context: ssl.SSLContext | None = None) -> tuple[dt.datetime | None, str]:
    """(until when the certificate shown for a host holds, what a browser would say against it or "")."""
    error = ""
    try:
        return _shown(host, context or ssl.create_default_context()), ""
    except ssl.SSLCertVerificationError as refused:
        error = refused.verify_message or str(refused)
    except OSError as broken:  # ssl's other errors are some of these
        return None, str(broken) or type(broken).__name__
    trusting = ssl._create_unverified_context()  # noqa: S323 - only to read the date of what was refused
    try:
        return _shown(host, trusting), error
    except OSError:
        return None, error


def _shown(host: str, context: ssl.SSLContext) -> dt.datetime:
    place, _colon, port = settings.CERTIFICATE_PROBE.rpartition(":")
    with (
        socket.create_connection((place, int(port)), timeout=_SECONDS) as plain,
        context.wrap_socket(plain, server_hostname=host) as secured,
    ):
        shown = secured.getpeercert(binary_form=True)
    if not shown:
        raise OSError("no certificate was shown")
    return x509.load_der_x509_certificate(shown).not_valid_after_utc


def authorities(client: Client) -> Iterator[tuple[str, str, dt.datetime]]:
    """(fingerprint, name, until when) of each authority that a client accepts for its visitors' certificates."""
    if client.demands_certificate and client.certificate_authorities:
        for one in authorities_of(client.certificate_authorities):
            names = one.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
            name = str(names[0].value) if names else one.subject.rfc4514_string()
            yield one.fingerprint(hashes.SHA256()).hex(), name, one.not_valid_after_utc


def by_client(clients: Sequence[Client]) -> dict[int, tuple[dt.datetime | None, list[str]]]:
    """{client: (the first end among its certificates, what is wrong)} for the first page of ops. One query."""
    found: dict[int, tuple[dt.datetime | None, list[str]]] = {client.pk: (None, []) for client in clients}
    soon = timezone.now() + AHEAD

    def add(client: int | None, name: str, ends_at: dt.datetime | None, error: str) -> None:
        if client not in found:
            return
        first, wrong = found[client]
        if ends_at is not None and (first is None or ends_at < first):
            first = ends_at
        if error:
            wrong = [*wrong, f"{name} : {error}"]
        elif ends_at is not None and ends_at <= soon:
            wrong = [*wrong, f"{name} : {timezone.localdate(ends_at):%d/%m/%Y}"]
        found[client] = (first, wrong)

    for kept in HostCertificate.objects.filter(client__isnull=False):
        add(kept.client_id, kept.host, kept.ends_at, kept.error)
    for client in clients:
        for _fingerprint, name, ends_at in authorities(client):
            add(client.pk, name, ends_at, "")
    return found
