"""Whether somebody may be written to or called, and why not: the law as one function, without a query.

Sources: L. 34-5 CPCE (electronic prospecting), L. 223-1 C. conso. (telephone, as of 11 August 2026, and works of energy
renovation or adaptation of dwellings), 21(2) GDPR (objection to prospecting).
"""

import datetime as dt
from dataclasses import dataclass, field

from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.display import long_day

PHONE_CONSENT_SINCE = dt.date(2026, 8, 11)  # L. 223-1 C. conso., law 2025-594


class Channel(models.TextChoices):
    EMAIL = "email", gettext_lazy("E-mail")
    SMS = "sms", gettext_lazy("SMS")
    PHONE = "phone", gettext_lazy("Téléphone")
    POST = "post", gettext_lazy("Courrier")


class Purpose(models.TextChoices):
    PROSPECTING = "prospecting", gettext_lazy("Prospection")
    SERVICE = "service", gettext_lazy("Information de service")


class ConsentStatus(models.TextChoices):
    GRANTED = "granted", gettext_lazy("Accord donné")
    WITHDRAWN = "withdrawn", gettext_lazy("Accord retiré")


class SuppressionReason(models.TextChoices):
    UNSUBSCRIBED = "unsubscribed", gettext_lazy("Désabonnement")
    OBJECTION = "objection", gettext_lazy("Opposition")
    COMPLAINT = "complaint", gettext_lazy("Signalé comme indésirable")
    BOUNCE = "bounce", gettext_lazy("Adresse qui n’existe plus")


class Reason(models.TextChoices):
    """Why not."""

    NO_ADDRESS = "no-address", gettext_lazy("Sans adresse")
    DEAD_ADDRESS = "dead-address", gettext_lazy("Adresse qui n’existe plus")
    OPTED_OUT = "opted-out", gettext_lazy("Opposé à toute prospection")
    OPTED_OUT_OF_LIST = "opted-out-of-list", gettext_lazy("Désabonné de cette liste")
    COMPLAINED = "complained", gettext_lazy("A signalé un message comme indésirable")
    WITHDRAWN = "withdrawn", gettext_lazy("Accord retiré")
    WORKS = "works", gettext_lazy("Travaux dont la prospection est interdite")
    NO_CONSENT = "no-consent", gettext_lazy("Particulier sans accord")
    NO_CONSENT_TO_CALLS = "no-consent-to-calls", gettext_lazy("Particulier sans accord pour être appelé")
    CANCELLED = "cancelled", gettext_lazy("Envoi annulé")


@dataclass(frozen=True)
class Facts:
    """What is known of one recipient on one channel. `consent`: the newest word of the ledger on prospecting.

    `suppressed`: {scope: why}, the scopes being "all" and "list:12". `works`: the client does works of energy
    renovation or adaptation of dwellings. `contract`: the message is about a contract that runs with this person.
    """

    channel: Channel
    address: str
    consumer: bool  # unknown counts as consumer
    customer: bool = False
    consent: ConsentStatus | None = None
    consent_on: dt.date | None = None
    suppressed: dict[str, SuppressionReason] = field(default_factory=dict)
    works: bool = False
    contract: bool = False


@dataclass(frozen=True)
class Verdict:
    """`reason` None: allowed. `why`: one French sentence, in both cases."""

    reason: Reason | None
    why: str

    @property
    def allowed(self) -> bool:
        return self.reason is None


def judge(facts: Facts, purpose: Purpose, *, on: dt.date, scope: str = "", similar: bool = False) -> Verdict:
    """Whether this may be sent. `scope`: the list that it belongs to; `similar`: it proposes what customers bought."""
    if not facts.address:
        return Verdict(Reason.NO_ADDRESS, _no_address(facts.channel))
    if SuppressionReason.BOUNCE in facts.suppressed.values():
        return Verdict(Reason.DEAD_ADDRESS, _("L’adresse n’existe plus : un envoi a été refusé pour de bon."))
    if purpose == Purpose.SERVICE:
        return Verdict(
            None, _("Message de service : il suit une demande ou un contrat, l’opposition ne le bloque pas.")
        )
    return _refused_by_person(facts, scope) or _allowed_by_law(facts, on, similar=similar)


def _refused_by_person(facts: Facts, scope: str) -> Verdict | None:
    everything = facts.suppressed.get("all")
    if everything == SuppressionReason.COMPLAINT:
        return Verdict(Reason.COMPLAINED, _("A signalé un de vos messages comme indésirable : plus rien ne part."))
    if everything is not None:
        return Verdict(Reason.OPTED_OUT, _("S’est opposé à toute prospection par cette voie."))
    if scope and scope in facts.suppressed:
        return Verdict(Reason.OPTED_OUT_OF_LIST, _("S’est désabonné de cette liste."))
    if facts.consent == ConsentStatus.WITHDRAWN:
        return Verdict(Reason.WITHDRAWN, _("A retiré son accord%s.") % _since(facts))
    return None


def _allowed_by_law(facts: Facts, on: dt.date, *, similar: bool) -> Verdict:
    agreed = facts.consent == ConsentStatus.GRANTED
    if not facts.consumer:
        if agreed:
            return Verdict(None, _("A donné son accord%s.") % _since(facts))
        return Verdict(None, _("Professionnel : pour ce qui touche à sa fonction, avec un moyen de s’opposer."))
    if facts.works and not facts.contract:
        return Verdict(
            Reason.WORKS,
            _("Travaux de rénovation énergétique ou d’adaptation du logement : toute prospection d’un particulier est "
              "interdite hors d’un contrat en cours (C. conso. L. 223-1)."),
        )  # fmt: skip
    if agreed:
        return Verdict(None, _("A donné son accord%s.") % _since(facts))
    if facts.channel == Channel.POST:
        return Verdict(None, _("Courrier postal : permis tant que la personne ne s’y oppose pas."))
    if facts.channel == Channel.PHONE:
        return _calls(facts, on)
    if facts.customer and similar:
        return Verdict(None, _("Client : produits ou services analogues à ceux déjà fournis (CPCE L. 34-5)."))
    if facts.customer:
        return Verdict(
            Reason.NO_CONSENT,
            _("Particulier client : sans son accord, seuls des produits analogues peuvent être proposés."),
        )
    return Verdict(Reason.NO_CONSENT, _("Particulier sans accord préalable (CPCE L. 34-5)."))


def _calls(facts: Facts, on: dt.date) -> Verdict:
    if facts.contract:
        return Verdict(None, _("Appel au sujet d’un contrat en cours."))
    if on >= PHONE_CONSENT_SINCE:
        return Verdict(
            Reason.NO_CONSENT_TO_CALLS,
            _("Particulier : depuis le 11 août 2026, l’appeler demande son accord préalable et prouvé."),
        )
    return Verdict(None, _("Particulier : jusqu’au 10 août 2026, permis s’il n’est pas inscrit à Bloctel."))


def _no_address(channel: Channel) -> str:
    return {
        Channel.EMAIL: _("Pas d’adresse e-mail."),
        Channel.SMS: _("Pas de numéro de mobile."),
        Channel.PHONE: _("Pas de numéro de téléphone."),
        Channel.POST: _("Pas d’adresse postale."),
    }[channel]


def _since(facts: Facts) -> str:
    return _(" le %s") % long_day(facts.consent_on) if facts.consent_on else ""
