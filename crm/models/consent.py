"""Who agreed to be prospected, who refused: the ledger of consents, the suppressions, and the rules of this client."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower, Now
from django.utils.translation import gettext_lazy as _

from core.operations import AppendOnly, TrackHistory
from core.personal_data import PD, SELF, After, Blank, Keep, KeepUntil, NotPersonal, no_personal_data, personal_data
from crm.models.contact import Contact
from crm.prospecting import Channel, ConsentStatus, Purpose, SuppressionReason

_PROOF = KeepUntil("RGPD art. 7(1) : preuve du consentement", years=5, since="at")


@no_personal_data("un sujet d'envoi, pas une personne")
class MailingList(models.Model):
    """A subject that people may leave without leaving the others: « Nouveautés », « Portes ouvertes »."""

    name = models.CharField(_("nom"), max_length=80)
    description = models.CharField(
        _("description"),
        max_length=200,
        blank=True,
        help_text=_("Ce que reçoivent les abonnés ; lu à la désinscription."),
    )
    archived = models.BooleanField(_("archivée"), default=False, help_text=_("N’est plus proposée aux envois."))

    migration_operations: ClassVar = (TrackHistory,)

    class Meta:
        verbose_name = _("liste d’envoi")
        verbose_name_plural = _("listes d’envoi")
        ordering: ClassVar = ["name", "id"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(name=""), name="mailinglist_has_a_name"),
            models.UniqueConstraint(
                Lower("name"), name="mailinglist_name_unique", violation_error_message=_("Une liste porte déjà ce nom.")
            ),
        ]

    class Privacy:
        name = NotPersonal("un sujet d'envoi")
        description = NotPersonal("ce que reçoivent les abonnés")

    def __str__(self) -> str:
        return self.name

    @property
    def scope(self) -> str:
        return f"list:{self.pk}"


@personal_data(subject="contact", processing="CRM-02")
class Consent(models.Model):
    """One word given or taken back. Nothing is changed nor removed (trigger): the newest row of an address wins.

    Keyed by the address as crm.addresses writes it, so that it outlives the contact and meets a re-imported one.
    """

    channel = models.CharField(_("voie"), max_length=5, choices=Channel)
    address = models.CharField(_("adresse"), max_length=320)
    purpose = models.CharField(_("finalité"), max_length=11, choices=Purpose, default=Purpose.PROSPECTING)
    status = models.CharField(_("état"), max_length=9, choices=ConsentStatus)
    basis = models.CharField(_("fondement"), max_length=120, blank=True)
    source = models.CharField(_("origine"), max_length=120, help_text=_("Où et comment : formulaire du site, salon…"))
    wording = models.CharField(_("empreinte du texte accepté"), max_length=64, blank=True)
    proof = models.JSONField(_("preuve"), default=dict)
    at = models.DateTimeField(_("date"), db_default=Now())
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.DO_NOTHING, verbose_name=_("noté par"), null=True, related_name="+",
        db_constraint=False,
    )  # fmt: skip
    # No constraint: the row stays as it is when the contact goes.
    contact = models.ForeignKey(
        Contact, models.DO_NOTHING, verbose_name=_("contact"), null=True, related_name="consents", db_constraint=False
    )

    migration_operations: ClassVar = (AppendOnly,)

    class Meta:
        verbose_name = _("consentement")
        verbose_name_plural = _("consentements")
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(address="") & ~Q(source=""), name="consent_says_whose_and_whence"),
            models.CheckConstraint(condition=Q(channel__in=Channel.values), name="consent_channel_known"),
            models.CheckConstraint(condition=Q(purpose__in=Purpose.values), name="consent_purpose_known"),
            models.CheckConstraint(condition=Q(status__in=ConsentStatus.values), name="consent_status_known"),
            models.CheckConstraint(
                condition=~Q(status=ConsentStatus.GRANTED) | ~Q(proof={}), name="consent_granted_with_proof"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["address", "channel", "purpose", "-id"], name="consent_of_address")]

    class Privacy:
        address = PD(category="contact", basis="legal", origin="subject", match="email", erase=_PROOF)
        basis = NotPersonal("un fondement de droit")
        source = PD(category="log", basis="legal", erase=_PROOF)
        wording = NotPersonal("l'empreinte d'un texte")
        proof = PD(category="log", basis="legal", erase=_PROOF)
        by = PD(category="work", basis="legal", third_party=True, erase=_PROOF)
        contact = PD(category="relation", basis="legal", erase=_PROOF)

    def __str__(self) -> str:
        return f"{self.get_channel_display()} : {self.get_status_display().lower()}"


# As long as the instance lives: an opposition has no end (GDPR 21(3)).
@personal_data(subject=SELF, processing="CRM-02", retention=Keep(years=100, since="at", then=After.REVIEW))
class Suppression(models.Model):
    """An address that gets nothing more, known by its keyed digest alone: it outlives every deletion and erasure."""

    digest = models.CharField(_("empreinte"), max_length=64)
    scope = models.CharField(_("portée"), max_length=30, default="all")  # "all", or "list:12"
    channel = models.CharField(_("voie"), max_length=5, choices=Channel, default=Channel.EMAIL)
    reason = models.CharField(_("raison"), max_length=12, choices=SuppressionReason)
    source = models.CharField(_("origine"), max_length=120, blank=True)
    at = models.DateTimeField(_("date"), db_default=Now())

    migration_operations: ClassVar = (TrackHistory,)

    class Meta:
        verbose_name = _("opposition")
        verbose_name_plural = _("oppositions")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["digest", "scope"], name="suppression_once"),
            models.CheckConstraint(condition=Q(digest__regex=r"^[0-9a-f]{64}$"), name="suppression_is_a_digest"),
            models.CheckConstraint(condition=Q(scope__regex=r"^(all|list:[0-9]+)$"), name="suppression_scope_known"),
            models.CheckConstraint(condition=Q(reason__in=SuppressionReason.values), name="suppression_reason_known"),
        ]

    class Privacy:
        # What keeps a person from being written to again is what they asked for: it stays, and names nobody.
        digest = PD(category="contact", basis="legal", origin="derived", erase=KeepUntil(
            "RGPD art. 21(3) : respect de l'opposition", years=100, since="at",
        ))  # fmt: skip
        source = PD(category="log", basis="legal", origin="observed", erase=Blank())

    def __str__(self) -> str:
        return f"{self.get_reason_display()} ({self.scope})"

    @property
    def mailing_key(self) -> int | None:
        """The mailing whose return it is: the source is then the key of its mails, "mailing:12"."""
        word, _colon, key = self.source.partition(":")
        return int(key) if word == "mailing" and key.isascii() and key.isdigit() and len(key) < 19 else None

    @property
    def mailing_list(self) -> MailingList | None:
        """The list that was left, and no more than it; None for all of them."""
        kind, _colon, key = self.scope.partition(":")
        return MailingList.objects.filter(pk=key).first() if kind == "list" else None


@no_personal_data("des règles de l'entreprise")
class ProspectingSettings(models.Model):
    """What this client says of itself. One row, or none."""

    id = models.SmallIntegerField(primary_key=True, default=1, editable=False)
    energy_works = models.BooleanField(
        _("travaux de rénovation énergétique ou d’adaptation du logement"),
        default=False,
        help_text=_("Si vous en proposez : la prospection des particuliers est interdite hors d’un contrat en cours."),
    )
    sender_identity = models.CharField(
        _("qui écrit"), max_length=200, blank=True,
        help_text=_("Raison sociale et adresse postale, en pied de chaque envoi (LCEN art. 20)."),
    )  # fmt: skip

    migration_operations: ClassVar = (TrackHistory,)

    class Meta:
        verbose_name = _("règles de prospection")
        verbose_name_plural = _("règles de prospection")
        constraints: ClassVar = [models.CheckConstraint(condition=Q(id=1), name="one_prospecting_settings")]

    class Privacy:
        sender_identity = NotPersonal("le nom et l'adresse d'une entreprise")

    def __str__(self) -> str:
        return str(_("Règles de prospection"))
