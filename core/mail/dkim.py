"""Signatures of mails (RFC 6376, dkimpy): a key for a client's domain, and what to publish in its DNS."""

import base64

import dkim
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from core.cipher import cipher
from core.models import DkimKey

_USE = "dkim"
# Signed when there; From, To, Subject and Date also twice, so that nobody adds a second one on the way.
SIGNED = [
    b"from", b"from", b"to", b"to", b"subject", b"subject", b"date", b"date", b"reply-to", b"message-id",
    b"mime-version", b"content-type", b"content-transfer-encoding", b"list-unsubscribe", b"list-unsubscribe-post",
    b"list-id",
]  # fmt: skip


@transaction.atomic
def make_key(domain: str) -> DkimKey:
    """A new key of 2,048 bits; it signs once it is put into service."""
    key = rsa.generate_private_key(65537, 2048)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )  # fmt: skip
    count = DkimKey.objects.filter(domain=domain).count()
    return DkimKey.objects.create(
        domain=domain,
        selector=f"b2o{timezone.localdate():%Y%m}{chr(ord('a') + count % 26)}{count // 26 or ''}",
        private=cipher(_USE).encrypt(private).decode(),
        public=base64.b64encode(public).decode(),
    )


def record_of(key: DkimKey) -> str:
    """The text of the DNS record, of type TXT, at `str(key)`."""
    return f"v=DKIM1; k=rsa; p={key.public}"


@transaction.atomic
def put_into_service(key: DkimKey) -> None:
    """From here on this one signs, and no other."""
    DkimKey.objects.filter(active=True).update(active=False)
    DkimKey.objects.filter(pk=key.pk).update(active=True)


@transaction.atomic
def put_out_of_service(key: DkimKey) -> None:
    DkimKey.objects.filter(pk=key.pk).update(active=False)


def published(key: DkimKey) -> bool:
    """Whether the DNS shows the key. Raises dns.exception.DNSException when it does not answer."""
    import dns.resolver  # of dkimpy; only here

    try:
        answers = dns.resolver.resolve(f"{key}.", "TXT", lifetime=5)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return False
    found = [b"".join(answer.strings).decode("ascii", "replace") for answer in answers]
    shown = any(_public(text) == key.public for text in found)
    if shown:
        DkimKey.objects.filter(pk=key.pk).update(seen_at=Now())
    return shown


def _public(record: str) -> str:
    tags = dict(part.strip().partition("=")[::2] for part in record.split(";"))
    return tags.get("p", "").replace(" ", "")


def signed(content: bytes, domain: str) -> bytes:
    """The message with its signature in front, when a key of its sender's domain is in service; else as it is.

    `content` has CRLF line ends.
    """
    key = DkimKey.objects.filter(active=True, domain=domain.lower()).first()
    if key is None:
        return content
    private = cipher(_USE).decrypt(key.private.encode())
    present = {line.partition(b":")[0].lower() for line in content.partition(b"\r\n\r\n")[0].split(b"\r\n")}
    names = [name for name in SIGNED if name in present]
    header = dkim.sign(
        content, key.selector.encode(), key.domain.encode(), private, include_headers=names,
        canonicalize=(b"relaxed", b"relaxed"), linesep=b"\r\n",
    )  # fmt: skip
    return header + content


def domain_of_sender() -> str:
    """The domain that this client's mails come from."""
    from email.utils import parseaddr

    from core.mail.queueing import sender_of_client

    return parseaddr(sender_of_client()[0])[1].rpartition("@")[2].lower() or settings.BASE_DOMAIN
