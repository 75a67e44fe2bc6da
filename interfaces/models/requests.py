"""The register of written requests (R14): who asked, in writing, that which fields pass to or from whom, until when."""

import datetime as dt
import uuid
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.models import DomainModel
from core.operations import TrackHistory
from core.personal_data import PD, After, Keep, KeepUntil, NotPersonal, no_personal_data, personal_data
from interfaces.operations import FreezeFields, FreezeRequest

_PROOF = "RGPD 28(3)(a) ; C. civ. 2224"
# The member States of the Union: elsewhere, a transfer needs a legal basis (R16; RGPD, chapter V).
EU = (
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IT", "LT", "LU", "LV",
    "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK",
)  # fmt: skip


class Direction(models.TextChoices):
    """Which way the fields pass."""

    OUT = "out", _("Sortie : l’autre logiciel lit")
    IN = "in", _("Entrée : l’autre logiciel écrit")
    BOTH = "both", _("Les deux : il lit et écrit")


class LegalBasis(models.TextChoices):
    """What allows a transfer outside of the Union (RGPD 45 to 49)."""

    EEA = "eea", _("Espace économique européen : le RGPD s’y applique")
    ADEQUACY = "adequacy", _("Décision d’adéquation (art. 45)")
    CLAUSES = "clauses", _("Clauses contractuelles types (art. 46)")
    RULES = "rules", _("Règles d’entreprise contraignantes (art. 47)")
    DEROGATION = "derogation", _("Dérogation particulière (art. 49)")


def document_path(request: "WrittenRequest", filename: str) -> str:
    """A random name: what the file holds is not told by the disk."""
    return f"requests/{uuid.uuid4().hex}"


@personal_data(subject="activated_by", processing="INT-01", retention=Keep(years=5, since="ends_on", then=After.REVIEW))
class WrittenRequest(DomainModel):
    """A signed request of the client. A draft changes; in force it never does, and ends by its date or revoked."""

    name = models.CharField(_("interface"), max_length=80, help_text=_("Par exemple : comptabilité, boutique en ligne"))
    purpose = models.TextField(_("finalité"), max_length=1000, help_text=_("Pourquoi ces données passent."))
    direction = models.CharField(_("sens"), max_length=4, choices=Direction, default=Direction.OUT)
    signatory = models.CharField(_("signataire"), max_length=120)
    signatory_role = models.CharField(_("qualité du signataire"), max_length=120)
    signed_on = models.DateField(_("signée le"))
    ends_on = models.DateField(_("valable jusqu’au"))
    document = models.FileField(_("document signé"), upload_to=document_path, max_length=120)
    document_name = models.CharField(_("nom du document"), max_length=160, editable=False)
    document_sha256 = models.CharField(_("empreinte du document"), max_length=64, editable=False)

    third_party = models.CharField(
        _("tiers"), max_length=120, blank=True, help_text=_("Vide : le logiciel est à vous, chez vous.")
    )
    country = models.CharField(_("pays du tiers"), max_length=2, blank=True)
    contract = models.CharField(
        _("contrat avec le tiers"), max_length=200, blank=True, help_text=_("Référence et date (RGPD 28).")
    )
    security = models.TextField(
        _("sécurité chez le tiers"), max_length=1000, blank=True, help_text=_("Chiffrement, certifications, accès…")
    )
    legal_basis = models.CharField(
        _("base du transfert"), max_length=10, choices=LegalBasis, blank=True,
        help_text=_("Obligatoire hors de l’Union européenne."),
    )  # fmt: skip
    # The only hosts to which data may be sent, and from whose pages a form may be.
    hosts: ArrayField = ArrayField(models.CharField(max_length=253), verbose_name=_("hôtes"), default=list, blank=True)

    activated_at = models.DateTimeField(_("en vigueur depuis"), null=True, editable=False)
    activated_by = models.ForeignKey(
        "accounts.User", models.PROTECT, verbose_name=_("mise en vigueur par"), null=True, editable=False,
        related_name="+",
    )  # fmt: skip
    revoked_at = models.DateTimeField(_("révoquée le"), null=True, editable=False)
    revoked_by = models.ForeignKey(
        "accounts.User", models.PROTECT, verbose_name=_("révoquée par"), null=True, editable=False, related_name="+"
    )
    revocation = models.CharField(_("motif de la révocation"), max_length=300, blank=True, editable=False)

    migration_operations: ClassVar[tuple[type, ...]] = (TrackHistory, FreezeRequest)

    class Meta:
        verbose_name = _("demande écrite")
        verbose_name_plural = _("demandes écrites")
        ordering = ("-id",)
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=~Q(name="") & ~Q(purpose="") & ~Q(signatory="") & ~Q(document=""),
                name="request_is_signed",
                violation_error_message=_("Une demande a un nom, une finalité, un signataire et son document signé."),
            ),
            models.CheckConstraint(condition=Q(direction__in=Direction.values), name="request_direction_known"),
            models.CheckConstraint(
                condition=Q(document_sha256__regex=r"^[0-9a-f]{64}$"), name="request_document_digest"
            ),
            models.CheckConstraint(
                condition=Q(ends_on__gte=F("signed_on")),
                name="request_ends_after_signature",
                violation_error_message=_("La fin ne peut pas précéder la signature."),
            ),
            # R16: whoever it goes to gives guarantees; outside of the Union, a legal basis too.
            models.CheckConstraint(
                condition=Q(third_party="", country="", legal_basis="")
                | ~Q(third_party="") & Q(country__regex=r"^[A-Z]{2}$") & ~Q(contract="") & ~Q(security=""),
                name="request_third_party_guarantees",
                violation_error_message=_("Pour un tiers : son pays, votre contrat avec lui et sa sécurité."),
            ),
            models.CheckConstraint(
                condition=Q(third_party="") | Q(country__in=EU) | Q(legal_basis__in=LegalBasis.values),
                name="request_transfer_has_a_basis",
                violation_error_message=_("Hors de l’Union européenne, un transfert veut une base légale."),
            ),
            models.CheckConstraint(
                condition=Q(activated_at=None, activated_by=None)
                | Q(activated_at__isnull=False, activated_by__isnull=False),
                name="request_activated_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(revoked_at=None, revoked_by=None, revocation="")
                | Q(activated_at__isnull=False, revoked_at__isnull=False, revoked_by__isnull=False) & ~Q(revocation=""),
                name="request_revoked_for_a_reason",
            ),
        ]

    class Privacy:
        # The instruction of the controller must stay provable as long as it can be disputed.
        signatory = PD(category="identity", basis="legal", erase=KeepUntil(_PROOF, years=5, since="ends_on"))
        signatory_role = PD(category="work", basis="legal", erase=KeepUntil(_PROOF, years=5, since="ends_on"))
        document = PD(category="document", basis="legal", third_party=True,
                      erase=KeepUntil(_PROOF, years=5, since="ends_on"))  # fmt: skip
        document_name = PD(category="document", basis="legal", erase=KeepUntil(_PROOF, years=5, since="ends_on"))
        activated_by = PD(category="log", basis="legal", origin="observed",
                          erase=KeepUntil(_PROOF, years=5, since="ends_on"))  # fmt: skip
        revoked_by = PD(category="log", basis="legal", origin="observed",
                        erase=KeepUntil(_PROOF, years=5, since="ends_on"))  # fmt: skip
        name = NotPersonal("le nom d'un logiciel")
        purpose = NotPersonal("une finalité")
        third_party = NotPersonal("une entreprise")
        country = NotPersonal("le pays d'une entreprise")
        contract = NotPersonal("la référence d'un contrat entre entreprises")
        security = NotPersonal("les mesures d'une entreprise")
        hosts = NotPersonal("des noms de serveurs")
        revocation = NotPersonal("un motif technique ou contractuel")
        custom = NotPersonal("inutilisé : les demandes n'ont pas de champs propres")

    def __str__(self) -> str:
        return self.name

    @property
    def number(self) -> str:
        return f"n° {self.pk}"

    @property
    def is_draft(self) -> bool:
        return self.activated_at is None

    def is_in_force(self, today: dt.date | None = None) -> bool:
        return self.why_not_in_force(today) == ""

    def why_not_in_force(self, today: dt.date | None = None) -> str:
        """ "draft", "revoked" or "ended"; "" while it is in force."""
        if self.activated_at is None:
            return "draft"
        if self.revoked_at is not None:
            return "revoked"
        return "ended" if self.ends_on < (today or timezone.localdate()) else ""


@no_personal_data("des noms de champs")
class RequestedResource(DomainModel):
    """What a request asks of one list: the fields that are read, those that are written, of which rows."""

    request = models.ForeignKey(
        WrittenRequest, models.CASCADE, verbose_name=_("demande"), related_name="resources"
    )  # fmt: skip
    resource = models.CharField(_("liste"), max_length=80, help_text="crm.company")
    read: ArrayField = ArrayField(models.CharField(max_length=63), verbose_name=_("champs lus"), default=list)
    written: ArrayField = ArrayField(models.CharField(max_length=63), verbose_name=_("champs écrits"), default=list)
    # The columns of the read fields: what the history names, and the outbox's trigger compares.
    columns: ArrayField = ArrayField(models.CharField(max_length=63), verbose_name=_("colonnes lues"), default=list)
    rows = models.CharField(_("seulement ces fiches"), max_length=1000, blank=True, help_text="relation=customer")
    deletes = models.BooleanField(_("peut supprimer"), default=False)

    migration_operations: ClassVar[tuple[type, ...]] = (TrackHistory, FreezeFields)

    class Meta:
        verbose_name = _("liste demandée")
        verbose_name_plural = _("listes demandées")
        ordering = ("id",)
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["request", "resource"], name="requested_resource_once"),
            models.CheckConstraint(
                condition=Q(read__len__gt=0) | Q(written__len__gt=0) | Q(deletes=True), name="requested_something"
            ),
        ]

    class Privacy:
        request = NotPersonal("une demande de l'entreprise")
        custom = NotPersonal("inutilisé")

    def __str__(self) -> str:
        return self.resource
