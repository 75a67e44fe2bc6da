"""A certificate that an instance demands of its visitors' browsers (R07), as the proxy hands it over.

The proxy asks for it in the TLS handshake and puts it, in base64 DER, into a header of ours. That header counts only
when the request comes from the proxy's own address (TRUSTED_PROXIES): anyone else could write it.
"""

import base64
import datetime as dt
import ipaddress
from functools import lru_cache

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import ExtendedKeyUsageOID
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

HEADER = "X-Client-Certificate"
_MOST = 16_000  # characters of a header that is looked at


class Refused(Exception):
    """Why the visitor stays outside: one of the words below, for the page."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


MISSING, UNREADABLE, EXPIRED, UNKNOWN = "missing", "unreadable", "expired", "unknown"


def check_certificate(request: HttpRequest, authorities: str, fingerprints: list[str]) -> None:
    """Raises Refused unless the proxy vouches for a certificate that one of the two lists accepts, valid now.

    `authorities`: PEM; `fingerprints`: SHA-256 in 64 small hexadecimal digits.
    """
    sent = request.headers.get(HEADER, "") if from_proxy(request) else ""
    if not sent:
        raise Refused(MISSING)
    if len(sent) > _MOST:
        raise Refused(UNREADABLE)
    accepted, begins, ends = _judged(sent, authorities, tuple(fingerprints))
    if not begins <= timezone.now() < ends:
        raise Refused(EXPIRED)
    if not accepted:
        raise Refused(UNKNOWN)


def from_proxy(request: HttpRequest) -> bool:
    """Whether the other end of the connection is the proxy. Nobody is, unless TRUSTED_PROXIES says so."""
    try:
        address = ipaddress.ip_address(request.META.get("REMOTE_ADDR", ""))
    except ValueError:
        return False
    return any(address in ipaddress.ip_network(network) for network in settings.TRUSTED_PROXIES)


@lru_cache(maxsize=2048)  # a browser sends the same one with each request; what is kept holds no client's data
def _judged(sent: str, authorities: str, fingerprints: tuple[str, ...]) -> tuple[bool, dt.datetime, dt.datetime]:
    """(whether it is accepted, from when, until when). Raises Refused."""
    try:
        shown = x509.load_der_x509_certificate(base64.b64decode(sent, validate=True))
    except ValueError as error:
        raise Refused(UNREADABLE) from error
    accepted = shown.fingerprint(hashes.SHA256()).hex() in fingerprints or (
        bool(authorities) and _for_clients(shown) and any(_issued(shown, one) for one in authorities_of(authorities))
    )
    return accepted, shown.not_valid_before_utc, shown.not_valid_after_utc


def _for_clients(shown: x509.Certificate) -> bool:
    """A certificate that says what it is for must say: clients. An authority's own is none."""
    try:
        if shown.extensions.get_extension_for_class(x509.BasicConstraints).value.ca:
            return False
    except x509.ExtensionNotFound:
        pass
    try:
        uses = shown.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return True
    return ExtendedKeyUsageOID.CLIENT_AUTH in uses


def _issued(shown: x509.Certificate, authority: x509.Certificate) -> bool:
    try:
        shown.verify_directly_issued_by(authority)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return authority.not_valid_before_utc <= timezone.now() < authority.not_valid_after_utc


def authorities_of(pem: str) -> list[x509.Certificate]:
    """Raises ValueError on a text that holds no certificate."""
    return x509.load_pem_x509_certificates(pem.encode())


def validate_authorities(pem: str) -> None:
    """Certificates of authorities, in PEM. Raises ValidationError."""
    try:
        found = authorities_of(pem)
        own = all(one.extensions.get_extension_for_class(x509.BasicConstraints).value.ca for one in found)
    except (ValueError, x509.ExtensionNotFound):
        own = False
    if not own:
        raise ValidationError(
            _("Collez le certificat de l’autorité, en PEM (« -----BEGIN CERTIFICATE… ») : ce texte n’en est pas un.")
        )


def validate_fingerprint(value: str) -> None:
    """Raises ValidationError."""
    if len(value) != 64 or set(value) - set("0123456789abcdef"):
        raise ValidationError(_("Une empreinte SHA-256 a 64 chiffres hexadécimaux, en minuscules et sans « : »."))
