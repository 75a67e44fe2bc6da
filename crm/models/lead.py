"""What came in by a form of the client's own site, until somebody says what it is."""

from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from core.models import DomainModel
from core.operations import TrackHistory
from core.personal_data import (
    PD,
    SELF,
    After,
    Blank,
    DeleteRow,
    Keep,
    NotPersonal,
    Null,
    Review,
    Tombstone,
    personal_data,
)
from core.search import folded, search_column
from crm.models.company import Company
from crm.models.contact import Contact
from crm.models.deal import Deal
from crm.models.pipeline import Pipeline
from crm.operations import KeepLead

AGREED = "_consent"  # in what was received: the words that were agreed to; no field has such a name


class LeadState(models.TextChoices):
    NEW = "new", _("Nouvelle")
    QUALIFIED = "qualified", _("Qualifiée")
    CONVERTED = "converted", _("Convertie")
    DISCARDED = "discarded", _("Écartée")


class DiscardReason(models.TextChoices):
    NONE = "", _("Sans motif")
    SPAM = "spam", _("Indésirable")
    DUPLICATE = "duplicate", _("Déjà reçue")
    OUT_OF_SCOPE = "scope", _("Hors de notre activité")
    UNREACHABLE = "unreachable", _("Injoignable")


# Kept as long as a prospect of whom nothing came: three years from what they wrote (CNIL, gestion commerciale).
@personal_data(subject=SELF, processing="CRM-02", retention=Keep(years=3, since="created_at", then=After.DELETE))
class Lead(DomainModel):
    """`payload`: {field: text} as it came, which nothing changes (trigger); the other fields may be corrected."""

    last_name = models.CharField(_("nom"), max_length=80)
    first_name = models.CharField(_("prénom"), max_length=80, blank=True)
    company_name = models.CharField(_("société"), max_length=200, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    phone = models.CharField(_("téléphone"), max_length=20, blank=True)
    message = models.TextField(_("message"), blank=True, max_length=5000)
    source = models.CharField(_("origine"), max_length=60, blank=True, help_text="utm_source")
    campaign = models.CharField(_("campagne"), max_length=80, blank=True, help_text="utm_campaign")
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, verbose_name=_("responsable"), null=True, blank=True, related_name="+"
    )
    pipeline = models.ForeignKey(
        Pipeline, models.SET_NULL, verbose_name=_("circuit"), null=True, blank=True, related_name="+",
        help_text=_("Où entrera l’affaire, si la demande en devient une. Vide : le premier circuit."),
    )  # fmt: skip
    state = models.CharField(_("état"), max_length=9, choices=LeadState, default=LeadState.NEW, editable=False)
    discard_reason = models.CharField(
        _("motif"), max_length=12, choices=DiscardReason, blank=True, default="", editable=False
    )
    form = models.CharField(_("formulaire"), max_length=80, blank=True, editable=False)
    payload = models.JSONField(_("reçu tel quel"), null=True, editable=False)
    idempotency_key = models.CharField(_("clé d’envoi"), max_length=120, blank=True, editable=False)
    duplicate_of = models.ForeignKey(
        "self", models.SET_NULL, verbose_name=_("déjà reçue avec"), null=True, editable=False, related_name="again"
    )
    converted_at = models.DateTimeField(_("convertie le"), null=True, editable=False)
    company = models.ForeignKey(
        Company, models.SET_NULL, verbose_name=_("société créée"), null=True, editable=False, related_name="leads"
    )
    contact = models.ForeignKey(
        Contact, models.SET_NULL, verbose_name=_("contact créé"), null=True, editable=False, related_name="leads"
    )
    deal = models.ForeignKey(
        Deal, models.SET_NULL, verbose_name=_("affaire créée"), null=True, editable=False, related_name="leads"
    )
    search = search_column(A=("last_name", "first_name", "company_name"), B=("email", "phone"), D=("message",))

    migration_operations: ClassVar[tuple[type, ...]] = (TrackHistory, KeepLead)

    class Meta:
        verbose_name = _("demande entrante")
        verbose_name_plural = _("demandes entrantes")
        constraints = [
            models.CheckConstraint(condition=~Q(last_name=""), name="lead_has_a_name"),
            models.CheckConstraint(condition=Q(state__in=LeadState.values), name="lead_state_known"),
            models.CheckConstraint(
                condition=Q(state="converted", converted_at__isnull=False)
                | ~Q(state="converted") & Q(converted_at__isnull=True),
                name="lead_converted_at_a_time",
            ),
            models.CheckConstraint(
                condition=Q(state="discarded") | Q(discard_reason=""), name="lead_reason_of_discard"
            ),
            models.UniqueConstraint(
                fields=["idempotency_key"], condition=~Q(idempotency_key=""), name="lead_received_once"
            ),
        ]
        indexes: ClassVar = [
            GinIndex(fields=["search"], name="lead_search"),
            models.Index(folded("last_name"), "id", name="lead_by_name"),
            models.Index(fields=["created_at", "id"], name="lead_by_creation"),
            models.Index(Lower("email"), condition=~Q(email=""), name="lead_by_email"),
            models.Index(fields=["phone"], condition=~Q(phone=""), name="lead_by_phone"),
            models.Index(fields=["state", "owner"], name="lead_facets"),
        ]

    class Privacy:
        last_name = PD(category="identity", origin="subject", match="name", portable=True, erase=Tombstone())
        first_name = PD(category="identity", origin="subject", match="name", portable=True, erase=Blank())
        company_name = PD(category="work", origin="subject", portable=True, erase=Blank())
        email = PD(category="contact", origin="subject", match="email", portable=True, erase=Blank())
        phone = PD(category="contact", origin="subject", match="phone", portable=True, erase=Blank())
        message = PD(category="free text", origin="subject", third_party=True, portable=True, erase=Review())
        payload = PD(category="free text", origin="subject", portable=True, erase=DeleteRow())
        owner = PD(category="work", origin="staff", third_party=True, erase=Null())
        duplicate_of = PD(category="relation", origin="derived", erase=Null())
        company = PD(category="relation", origin="staff", erase=Null())
        contact = PD(category="relation", origin="staff", erase=Null())
        deal = PD(category="relation", origin="staff", erase=Null())
        form = NotPersonal("le nom d'un formulaire")

    def __str__(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()
