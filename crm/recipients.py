"""What is known of contacts as recipients, for crm.prospecting to judge: few queries, however many they are."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from django.utils import timezone

from crm.addresses import digests_of, normalised
from crm.models import Consent, Contact, Mailing, ProspectingSettings, Suppression
from crm.models.company import Relation
from crm.models.contact import RecipientKind
from crm.prospecting import Channel, ConsentStatus, Facts, Purpose, SuppressionReason, Verdict, judge


def rules() -> ProspectingSettings:
    """The client's own; those that bind the least when it said nothing of itself."""
    return ProspectingSettings.objects.first() or ProspectingSettings()


def address_of(contact: Contact, channel: str) -> str:
    """As the ledger writes it; "" for none."""
    if channel == Channel.EMAIL:
        return normalised(channel, contact.email)
    if channel == Channel.SMS:
        return normalised(channel, contact.mobile)
    if channel == Channel.PHONE:
        return normalised(channel, contact.mobile or contact.phone)
    company = contact.company
    where = f"{company.address} {company.postcode} {company.city}" if company is not None and company.address else ""
    return normalised(channel, f"{contact} {where}") if where else ""


def facts_of(contacts: Sequence[Contact], channel: str) -> list[Facts]:
    """One for each contact, in their order. Those of one address share the strictest kind. Wants `company` selected."""
    addresses = [address_of(contact, channel) for contact in contacts]
    known = {address for address in addresses if address}
    words, left, works = _words(known, channel), suppressions(known, channel), rules().energy_works
    found, strict = [], set()
    for contact, address in zip(contacts, addresses, strict=True):
        word = words.get(address)
        consumer = contact.recipient_kind != RecipientKind.PROFESSIONAL
        if consumer:
            strict.add(address)
        found.append(
            Facts(
                channel=Channel(channel),
                address=address,
                consumer=consumer,
                customer=contact.company is not None and contact.company.relation == Relation.CUSTOMER,
                consent=ConsentStatus(word[0]) if word else None,
                consent_on=word[1] if word else None,
                suppressed=left.get(address, {}),
                works=works,
            )
        )
    return [replace(facts, consumer=True) if facts.address in strict else facts for facts in found]


def _words(addresses: Iterable[str], channel: str) -> dict[str, tuple[str, dt.date]]:
    """{address: (the newest word on prospecting, its day)}."""
    rows = Consent.objects.filter(address__in=list(addresses), channel=channel, purpose=Purpose.PROSPECTING)
    newest = rows.order_by("address", "-id").distinct("address")
    return {word.address: (word.status, timezone.localdate(word.at)) for word in newest}


def suppressions(addresses: Iterable[str], channel: str) -> dict[str, dict[str, SuppressionReason]]:
    """{address: {scope: why}} of those that have any, under the present key and the retired ones."""
    digests = {digest: address for address in addresses for digest in digests_of(channel, address)}
    found: dict[str, dict[str, SuppressionReason]] = {}
    rows = Suppression.objects.filter(digest__in=list(digests))
    for digest, scope, reason in rows.values_list("digest", "scope", "reason"):
        found.setdefault(digests[digest], {})[scope] = SuppressionReason(reason)
    return found


@dataclass(frozen=True)
class Recipient:
    contact: Contact
    address: str
    verdict: Verdict


def recipients(mailing: Mailing, contacts: Sequence[Contact]) -> list[Recipient]:
    """Each contact with what the law and its own word say of this mailing, today."""
    today = timezone.localdate()
    scope = f"list:{mailing.mailing_list_id}" if mailing.mailing_list_id else ""
    return [
        Recipient(
            contact, facts.address or contact.email.strip().lower(),
            judge(facts, Purpose(mailing.purpose), on=today, scope=scope, similar=mailing.similar_products),
        )
        for contact, facts in zip(contacts, facts_of(contacts, Channel.EMAIL), strict=True)
    ]  # fmt: skip
