"""What comes back: bounces (RFC 3464), complaints (RFC 5965) and unsubscriptions by mail, read from a folder where the
mail server drops a file each.

A mail that is followed leaves with a return address of its own (VERP), « retours+atelier=12=1f0c…@b2o.eu », which says
which client's and which mail it is; where a server lost it, the Message-ID of the returned mail does.
"""

import hmac
import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage, Message
from email.utils import parseaddr
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django_tenants.utils import get_tenant_model, tenant_context

from core.mail.following import Report, follower_of
from core.mail.queueing import CLIENT_HEADER
from core.models import MailState, OutgoingMail
from core.place import active_schema, active_tenant

logger = logging.getLogger(__name__)
BATCH = 500  # files of one task
MOST = 5_000_000  # bytes
_RETURN = re.compile(r"\+([a-z0-9-]+)=(\d{1,18})=([0-9a-f]{16})@")
_TO_CLIENT = re.compile(r"\+([a-z0-9-]+)@")
# Refusals that say nothing of the address: its box is full, or the message was not liked.
_NOT_THE_ADDRESS = re.compile(r"5\.(2\.[23]|3\.\d+|6\.\d+|7\.\d+)$")
_listeners: list[Any] = []  # called with (subject) in the client: a mail to « retours+atelier@… »


@dataclass(frozen=True)
class Return:
    """One file. `client`, `mail` and `seal` from the return address, or `message_id` from the returned mail."""

    report: Report | None
    client: str = ""
    mail: int = 0
    seal: str = ""
    schema: str = ""
    message_id: str = ""
    subject: str = ""


def on_mail_to_client(listener: Any) -> None:
    _listeners.append(listener)


# --- the address ----------------------------------------------------------------------------------------------------
def return_path(mail: OutgoingMail) -> str:
    """Where a server returns this mail of the active client."""
    code = _code()
    user, _at, domain = settings.RETURN_ADDRESS.rpartition("@")
    return f"{user}+{code}={mail.pk}={_seal(code, mail.pk)}@{domain}"


def address_of_client() -> str:
    """Where people's own programs write to the active client's machine: « retours+atelier@b2o.eu »."""
    user, _at, domain = settings.RETURN_ADDRESS.rpartition("@")
    return f"{user}+{_code()}@{domain}"


def _code() -> str:
    tenant = active_tenant()
    if hasattr(tenant, "code"):
        return str(tenant.code)
    return str(get_tenant_model().objects.get(schema_name=tenant.schema_name).code)  # schema_context gives a stand-in


def _seal(code: str, pk: int) -> str:
    key = hmac.digest(str(settings.UNSUBSCRIBE_KEYS[-1]).encode(), b"b2o.return-path", "sha256")
    return hmac.digest(key, f"{code}={pk}".encode(), "sha256").hex()[:16]


# --- what a file says -----------------------------------------------------------------------------------------------
def read(content: bytes) -> Return:
    """Whatever it is, no error comes of it: what is not understood has neither report nor subject of ours."""
    message = message_from_bytes(content, policy=policy.default)
    assert isinstance(message, EmailMessage)
    parts = list(_parts(message))
    report = _bounce(parts) or _complaint(parts)
    said = _address_of(message, parts)
    original = _original(parts)
    return Return(
        report=report,
        client=said[0], mail=said[1], seal=said[2],
        schema=_header(original, CLIENT_HEADER),
        message_id=_header(original, "Message-ID"),
        subject=_header(message, "Subject"),
    )  # fmt: skip


def _parts(message: Message) -> Iterator[Message]:
    """The parts of a multipart/report, without going into the mail that they quote."""
    if message.is_multipart() and message.get_content_maintype() == "multipart":
        for part in message.get_payload():
            if isinstance(part, Message):
                yield from _parts(part)
    else:
        yield message


def _bounce(parts: list[Message]) -> Report | None:
    for part in parts:
        if part.get_content_type() != "message/delivery-status":
            continue
        fields = part.get_payload()
        for recipient in fields[1:] if isinstance(fields, list) else []:  # the first group is about the message
            assert isinstance(recipient, Message)
            code = _header(recipient, "Status")[:12].split(" ")[0]
            if _header(recipient, "Action").lower() == "failed":
                hard = code.startswith("5") and not _NOT_THE_ADDRESS.match(code)
                return Report("bounce", code, _header(recipient, "Diagnostic-Code")[:1000], hard)
    return None


def _complaint(parts: list[Message]) -> Report | None:
    for part in parts:
        if part.get_content_type() != "message/feedback-report":
            continue
        inner = part.get_payload()
        fields = inner[0] if isinstance(inner, list) and inner else part
        kind = _header(fields, "Feedback-Type").lower() if isinstance(fields, Message) else ""
        if kind and kind != "not-spam":
            return Report("complaint", text=kind[:80])
    return None


def _original(parts: list[Message]) -> Message | None:
    for part in parts:
        if part.get_content_type() == "message/rfc822":
            inner = part.get_payload()
            return inner[0] if isinstance(inner, list) and isinstance(inner[0], Message) else None
        if part.get_content_type() in ("text/rfc822-headers", "message/rfc822-headers"):
            payload = part.get_payload(decode=True)
            return message_from_bytes(payload, policy=policy.default) if isinstance(payload, bytes) else None
    return None


def _address_of(message: Message, parts: list[Message]) -> tuple[str, int, str]:
    """(client, mail, seal) from the first header that holds a return address; (client, 0, "") for a plain one."""
    original = _original(parts)
    headers = [str(value) for name in ("X-Original-To", "Delivered-To", "To", "X-MyB2O-Envelope-To")
               for value in message.get_all(name) or []]  # fmt: skip
    headers += [_header(original, "Return-Path")]
    for part in parts:  # a complaint names the sender of the mail that it is about
        inner = part.get_payload()
        if part.get_content_type() == "message/feedback-report" and isinstance(inner, list):
            headers += [_header(inner[0], "Original-Mail-From")] if isinstance(inner[0], Message) else []
    for header in headers:
        if found := _RETURN.search(header.lower()):
            return found[1], int(found[2]), found[3]
    for header in headers:
        if found := _TO_CLIENT.search(parseaddr(header)[1].lower()):
            return found[1], 0, ""
    return "", 0, ""


def _header(message: Message | None, name: str) -> str:
    return str(message.get(name, "")).strip() if message is not None else ""


# --- what is done about it ------------------------------------------------------------------------------------------
def read_folder(folder: Path) -> int:
    """Read what was dropped, the oldest first; each file goes to `done/`, or to `unknown/`. Returns how many were ours.

    Called in public. A file is moved once its transaction is committed: read twice after a death, it changes nothing.
    """
    found = 0
    for path in sorted(folder.glob("*.eml"))[:BATCH] if folder.is_dir() else []:
        ours = path.stat().st_size <= MOST and handle(read(path.read_bytes()))
        place = folder / ("done" if ours else "unknown")
        place.mkdir(mode=0o700, exist_ok=True)
        path.rename(place / path.name)
        found += ours
    return found


def handle(returned: Return) -> bool:
    """Do what a file asks for, in its client. False for what is nobody's."""
    clients = get_tenant_model().objects
    known = {"code": returned.client} if returned.client else {"schema_name": returned.schema}
    client = clients.filter(**known).first() if any(known.values()) else None
    if client is None or getattr(client, "destroyed_at", None):
        return False
    with tenant_context(client), transaction.atomic():
        if returned.report is None:
            return any(listener(returned.subject) for listener in _listeners)
        mail = _mail(returned)
        if mail is None:
            return False
        _came_back(mail, returned.report)
    return True


def _mail(returned: Return) -> OutgoingMail | None:
    if returned.mail and hmac.compare_digest(returned.seal, _seal(returned.client, returned.mail)):
        return OutgoingMail.objects.filter(pk=returned.mail).first()
    if returned.message_id and returned.schema == active_schema():
        return OutgoingMail.objects.filter(message_id=returned.message_id).first()
    return None


def _came_back(mail: OutgoingMail, report: Report) -> None:
    follower_of(mail).came_back(mail, report)
    if report.kind == "bounce" and report.hard:
        text = f"{report.code} {report.text}".strip()
        sent = OutgoingMail.objects.filter(pk=mail.pk, state__in=(MailState.SENT, MailState.UNCERTAIN))
        sent.update(state=MailState.FAILED, sent_at=None, error=text)
    logger.info("mail %s came back: %s %s", mail.pk, report.kind, report.code)
