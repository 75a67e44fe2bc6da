"""What ops must not miss: renewals whose notice ends, insurance, certificates, the end of confidentiality.

One mail a morning.
"""

import datetime as dt
import logging
from collections.abc import Iterator
from dataclasses import dataclass

from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core.templatetags.french import of_name
from tenants.models import Client, Contract, State
from tenants.states import follow_contract
from vendor import certificates
from vendor.models import HostCertificate, Insurance, Reminder

logger = logging.getLogger(__name__)
AHEAD = dt.timedelta(days=30)


@dataclass(frozen=True)
class Due:
    """`key` and `on` say which thing it is; it is told once."""

    key: str
    on: dt.date
    text: str


def due(today: dt.date) -> Iterator[Due]:
    """What falls within thirty days, or fell and was not told."""
    for contract in Contract.objects.select_related("client"):
        yield from _of_contract(contract, today)
    yield from _of_certificates(today)
    for one in Insurance.objects.select_related("client").filter(ends_on__lte=today + AHEAD):
        later = Insurance.objects.filter(party=one.party, client=one.client, ends_on__gt=one.ends_on)
        if not later.exists():
            whose = one.client.name if one.client else "B2O"
            said = _("Assurance de %(whose)s (%(what)s) : l’attestation finit le %(day)s.")
            yield Due(
                f"insurance:{one.pk}", one.ends_on, said % {"whose": whose, "what": one, "day": _day(one.ends_on)}
            )


_STEPS = (21, 7, 1)  # days before the end at which a certificate is told, once each
assert _STEPS[0] == certificates.AHEAD.days


def _of_certificates(today: dt.date) -> Iterator[Due]:
    """Of hosts, and of the authorities that clients accept (R07)."""
    for kept in HostCertificate.objects.select_related("client"):
        whose = {"host": kept.host, "client": kept.client.name if kept.client else "B2O"}
        if kept.failing_since is not None:
            said = _("Certificat de %(host)s (%(client)s) : en défaut depuis le %(day)s, « %(error)s ».")
            since = timezone.localdate(kept.failing_since)
            yield Due(
                f"certificate-error:{kept.host}", since, said % {**whose, "day": _day(since), "error": kept.error}
            )
        if kept.ends_at is not None:
            said = _("Certificat de %(host)s (%(client)s) : il finit le %(day)s.")
            yield from _before(f"certificate:{kept.host}", timezone.localdate(kept.ends_at), today, said, whose)
    for client in Client.objects.filter(demands_certificate=True):
        for fingerprint, name, ends_at in certificates.authorities(client):
            said = _(
                "Autorité « %(name)s » acceptée par %(client)s : elle finit le %(day)s ; plus personne n’entrerait."
            )
            words = {"name": name, "client": client.name}
            yield from _before(
                f"authority:{client.pk}:{fingerprint[:16]}", timezone.localdate(ends_at), today, said, words
            )  # fmt: skip


def _before(key: str, end: dt.date, today: dt.date, said: str, words: dict[str, str]) -> Iterator[Due]:
    """The nearest of the steps that was reached."""
    reached = [days for days in _STEPS if end - today <= dt.timedelta(days=days)]
    if reached:
        yield Due(f"{key}:{reached[-1]}", end, said % {**words, "day": _day(end)})


def _of_contract(contract: Contract, today: dt.date) -> Iterator[Due]:
    names = {"client": of_name(contract.client.name), "number": contract.number}
    if contract.ends_on is None:
        renewal = contract.renewal_after(max(today, contract.starts_on))
        notice = contract.notice_deadline(renewal)
        if today <= notice <= today + AHEAD:
            said = _("Contrat %(number)s %(client)s : reconduit le %(day)s, résiliable jusqu’au %(notice)s.")
            words = {**names, "day": _day(renewal), "notice": _day(notice)}
            yield Due(f"renewal:{contract.pk}", notice, said % words)
        return
    if contract.ends_on <= today + AHEAD and contract.client.state != State.CLOSED:
        said = _("Contrat %(number)s %(client)s : il finit le %(day)s ; la sortie suit.")
        yield Due(f"end:{contract.pk}", contract.ends_on, said % {**names, "day": _day(contract.ends_on)})
    until = contract.confidential_until
    if until is not None and until <= today + AHEAD:
        said = _("Contrat %(number)s %(client)s : la confidentialité finit le %(day)s.")
        yield Due(f"confidentiality:{contract.pk}", until, said % {**names, "day": _day(until)})


def _day(day: dt.date) -> str:
    return day.strftime("%d/%m/%Y")


@transaction.atomic
def remind(today: dt.date | None = None) -> list[Due]:
    """Send what was not told yet, in one mail to OPS_EMAILS. Raises OSError when it cannot leave: nothing is marked."""
    day = today or timezone.localdate()
    told = set(Reminder.objects.values_list("key", "due_on"))
    fresh = [one for one in due(day) if (one.key, one.on) not in told]
    if not fresh:
        return []
    Reminder.objects.bulk_create([Reminder(key=one.key, due_on=one.on) for one in fresh], ignore_conflicts=True)
    lines = "\n".join(f"– {one.text}" for one in sorted(fresh, key=lambda one: one.on))
    if settings.OPS_EMAILS:
        send_mail(_("MyB2O : échéances"), f"{lines}\n", settings.DEFAULT_FROM_EMAIL, settings.OPS_EMAILS)
    for one in fresh:
        logger.warning("reminder %s due on %s", one.key, one.on)
    return fresh


def follow_contracts() -> None:
    """Whoever's contract begins today goes live (R27)."""
    for client in Client.objects.filter(state=State.TRIAL, contracts__isnull=False).distinct():
        follow_contract(client)
