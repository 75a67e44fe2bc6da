"""Mail is asked for inside the caller's transaction, and sent once that commits, at most once to each address."""

import logging
import re
import uuid
from collections.abc import Iterable, Mapping
from email.headerregistry import Address
from email.utils import parseaddr
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import connection, transaction
from django.utils.encoding import punycode
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django_tenants.utils import schema_context
from kombu.exceptions import OperationalError as BrokerError
from redis.exceptions import RedisError

from core.models import MailSettings, OutgoingMail
from core.place import active_schema
from core.text import clean

logger = logging.getLogger(__name__)
CLIENT_HEADER = "X-MyB2O-Client"
_HEADERS = re.compile(r"(?:X-[A-Za-z0-9-]+|List-[A-Za-z-]+|In-Reply-To|References|Auto-Submitted|Precedence)")


class BadMail(ValueError):
    """The mail cannot be sent as it is; the message, in French, says why."""


def queue_mail(
    *,
    to: str | Iterable[str],
    subject: str,
    text: str,
    key: str,
    html: str | None = None,
    sender: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> int:
    """Put a mail into the outbox; one row for each address. Returns how many are new.

    `key`: what this mail is about ("digest:2026-11-25:12"); asked again with the same key, an address gets nothing.
    `sender`: "Nom <adresse>" instead of the client's own. Raises BadMail: nothing is queued.
    """
    addresses = dict.fromkeys(normal_address(address) for address in ([to] if isinstance(to, str) else to))
    if not key or len(key) > 200:
        raise BadMail(_("Ce courriel n’a pas de clé : il partirait deux fois."))
    chosen, reply_to = sender_of_client()
    if sender:
        name, address = parseaddr(_line(sender, _("L’expéditeur")))
        chosen = sender_of(name, normal_address(address))
    common: dict[str, Any] = {
        "key": key,
        "subject": _line(subject, _("L’objet"))[:400],
        "text": f"{clean(text).rstrip()}\n\n-- \n{footer()}\n",
        "html": _with_footer(clean(html)) if html else "",
        "sender": chosen,
        "headers": {**({"Reply-To": reply_to} if reply_to else {}), **_checked(headers or {})},
    }
    before = OutgoingMail.objects.filter(key=key).count()
    OutgoingMail.objects.bulk_create(
        [OutgoingMail(recipient=address, message_id=_message_id(chosen), **common) for address in addresses],
        ignore_conflicts=True,
    )
    wake()
    return OutgoingMail.objects.filter(key=key).count() - before


def footer() -> str:
    """R05: the DPO's contact, under every mail."""
    return _("Protection des données : %s") % settings.DPO_EMAIL


def sender_of(name: str, address: str) -> str:
    """« Nom <adresse> », quoted where it must be."""
    return str(Address(display_name=name, addr_spec=address)) if name else address


def sender_of_client() -> tuple[str, str]:
    """(From, Reply-To or ""), as the client's settings say."""
    name, address = parseaddr(settings.DEFAULT_FROM_EMAIL)
    chosen = MailSettings.objects.first()
    if chosen is None:
        return sender_of(name, address), ""
    return sender_of(chosen.sender_name or name, chosen.sender_address or address), chosen.reply_to


def normal_address(text: str) -> str:
    """Lower case, the domain as mail servers know it: two ways to write an address are one. Raises BadMail."""
    try:
        validate_email(text)
    except ValidationError as error:
        raise BadMail(_("« %s » n’est pas une adresse e-mail.") % clean(text)[:100]) from error
    user, _at, domain = text.lower().rpartition("@")
    return f"{user}@{punycode(domain)}"


def _line(text: str, what: str) -> str:
    """A header is one line: with a line break, somebody could add headers of their own. Raises BadMail."""
    if "\r" in text or "\n" in text:
        raise BadMail(_("%s d’un courriel tient sur une ligne.") % what)
    return clean(text)


def _checked(headers: Mapping[str, str]) -> dict[str, str]:
    for name, value in headers.items():
        if not _HEADERS.fullmatch(name):
            raise BadMail(_("L’en-tête « %s » n’est pas permis.") % clean(name)[:60])
        _line(value, _("Un en-tête"))
    return dict(headers)


def _with_footer(html: str) -> str:
    line = format_html("<p>{}</p>", footer())
    head, body, tail = html.rpartition("</body>")
    return f"{head}{line}{body}{tail}" if body else f"{html}{line}"


def _message_id(sender: str) -> str:
    """Made here: whoever sends the mail a second time by hand sends the same one, and mail programs see it."""
    domain = parseaddr(sender)[1].rpartition("@")[2] or "localhost"
    return f"<{uuid.uuid4().hex}@{domain}>"


class _Wake:
    """Wakes the sender of one client at commit; known by its class, so that a transaction has one of them."""

    def __init__(self, schema: str) -> None:
        self.schema = schema
        self.called = False

    def __call__(self) -> None:
        from core.mail.tasks import deliver

        self.called = True
        with schema_context(self.schema):
            try:
                deliver.delay()
            except (BrokerError, RedisError):  # the rows are there: beat wakes the sender within a minute
                logger.warning("mail waits: the broker does not answer", exc_info=True)


def wake() -> None:
    schema = active_schema()
    waiting = [entry[1] for entry in connection.run_on_commit]
    if not any(isinstance(found, _Wake) and found.schema == schema and not found.called for found in waiting):
        transaction.on_commit(_Wake(schema))
