"""What happens to consents: given and taken back with a proof; addresses suppressed, also by a restore."""

import datetime as dt
import hashlib
from typing import Any

from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from core.accounts.models import User
from core.restoring import on_restore
from crm.addresses import digest_of, digests_of
from crm.models import Consent, Contact, Suppression
from crm.models.mailing import Message
from crm.prospecting import Channel, ConsentStatus, Purpose, SuppressionReason
from crm.unsubscribing import Leaving
from tenants.active import active_client
from tenants.models import OptOut


def hash_of(wording: str) -> str:
    return hashlib.sha256(wording.encode()).hexdigest()


@transaction.atomic
def record_consent(
    *, channel: str, address: str, source: str, proof: dict[str, Any], wording: str = "",
    contact: Contact | None = None, by: User | None = None, basis: str = "", at: dt.datetime | None = None,
) -> Consent:  # fmt: skip
    """A fresh agreement to be prospected: it lifts what the person had refused before. `address` is normalised."""
    Suppression.objects.filter(digest__in=digests_of(channel, address)).delete()
    return Consent.objects.create(
        channel=channel, address=address, purpose=Purpose.PROSPECTING, status=ConsentStatus.GRANTED, source=source,
        basis=basis or _("consentement"), wording=hash_of(wording) if wording else "", proof=proof, contact=contact,
        by=by,
        **({"at": at} if at else {}),
    )  # fmt: skip


@transaction.atomic
def withdraw(
    *, channel: str, address: str, source: str, proof: dict[str, Any] | None = None, contact: Contact | None = None,
    by: User | None = None,
) -> None:  # fmt: skip
    """No prospecting any more by this channel, whoever writes the address again."""
    Consent.objects.create(
        channel=channel, address=address, purpose=Purpose.PROSPECTING, status=ConsentStatus.WITHDRAWN, source=source,
        proof=proof or {}, contact=contact, by=by,
    )  # fmt: skip
    suppress(digest_of(channel, address), SuppressionReason.OBJECTION, channel=channel, source=source)


@transaction.atomic
def suppress(
    digest: str, reason: SuppressionReason, *, scope: str = "all", channel: str = Channel.EMAIL, source: str = ""
) -> bool:
    """Asked twice, it changes nothing; a person's word replaces a bounce. Returns whether anything changed."""
    row = {"channel": channel, "reason": reason, "source": source[:120]}
    found, made = Suppression.objects.get_or_create(digest=digest, scope=scope, defaults=row)
    changed = not made and found.reason == SuppressionReason.BOUNCE and reason != SuppressionReason.BOUNCE
    if changed:
        Suppression.objects.filter(pk=found.pk).update(**row)
    if made or changed:
        OptOut.objects.create(
            client_id=active_client().pk, digest=digest, scope=scope, channel=channel, reason=reason
        )  # fmt: skip
    return made or changed


@transaction.atomic
def unsubscribe(leaving: Leaving, *, everything: bool, source: str) -> None:
    """Opt out of the list of the token, or of all. In one transaction with its journal."""
    everything = everything or not leaving.mailing_list
    scope = "all" if everything else f"list:{leaving.mailing_list}"
    changed = suppress(leaving.digest, SuppressionReason.UNSUBSCRIBED, scope=scope, source=source)
    message = Message.objects.filter(pk=leaving.message).select_related("contact").first()
    if message is None:
        return
    Message.objects.filter(pk=message.pk, unsubscribed_at=None).update(unsubscribed_at=Now())
    if changed and everything:
        Consent.objects.create(
            channel=Channel.EMAIL, address=message.address, purpose=Purpose.PROSPECTING, source=source,
            status=ConsentStatus.WITHDRAWN, proof={"message": message.pk}, contact=message.contact,
        )  # fmt: skip


def scopes_left(leaving: Leaving) -> set[str]:
    """What the person of a token has already left of what it can opt out of: "all", "list:12"."""
    rows = Suppression.objects.filter(digest=leaving.digest, scope__in=("all", f"list:{leaving.mailing_list}"))
    return set(rows.exclude(reason=SuppressionReason.BOUNCE).values_list("scope", flat=True))


@transaction.atomic
def come_back(message: Message, *, wording: str) -> Consent:
    """The owner of the address confirmed, from a mail sent to it, that they want to be written to again."""
    return record_consent(
        channel=Channel.EMAIL, address=message.address, source=_("Confirmation par e-mail"), wording=wording,
        proof={"message": message.pk, "wording": wording, "how": "double opt-in"}, contact=message.contact,
    )  # fmt: skip


def suppressed(address: str, channel: str = Channel.EMAIL) -> Suppression | None:
    """Why an address gets nothing, the widest reason first."""
    rows = Suppression.objects.filter(digest__in=digests_of(channel, address))
    return rows.order_by("scope").first() if address else None


@on_restore
def opt_out_again(client_id: int, since: dt.datetime) -> int:
    """In a restored schema: whoever left since the backup has left. Returns how many."""
    rows = list(OptOut.objects.filter(client_id=client_id, at__gte=since))
    made = Suppression.objects.bulk_create(
        [
            Suppression(
                digest=row.digest,
                scope=row.scope,
                channel=row.channel,
                reason=row.reason,
                at=row.at,
                source=_("restauration"),
            )
            for row in rows
        ],
        ignore_conflicts=True,
    )
    return len(made)
