"""Where a company is: its head office, where it is billed and delivered, where works are done."""

from typing import Any, ClassVar

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.models import DomainModel
from core.personal_data import PD, After, Blank, Keep, Null, Review, Tombstone, personal_data
from core.search import folded, search_column
from crm.identifiers import POSTCODE, validate_siret
from crm.models.company import Company
from crm.models.contact import Contact


class SiteRole(models.TextChoices):
    HEAD = "head", _("Siège")
    BILLING = "billing", _("Facturation")
    DELIVERY = "delivery", _("Livraison")
    WORKSITE = "worksite", _("Chantier")


@personal_data(subject="contact", processing="CRM-01", retention=Keep(years=3, since="created_at", then=After.REVIEW))
class Site(DomainModel):
    """A place of a company, or of a person at whose home works are done.

    Ready for a map: latitude and longitude in degrees (WGS 84), both or none.
    """

    company = models.ForeignKey(
        Company, models.CASCADE, verbose_name=_("société"), null=True, blank=True, related_name="sites"
    )
    contact = models.ForeignKey(
        Contact, models.SET_NULL, verbose_name=_("contact sur place"), null=True, blank=True, related_name="sites"
    )
    name = models.CharField(_("nom"), max_length=120)
    role = models.CharField(_("usage"), max_length=8, choices=SiteRole, default=SiteRole.WORKSITE)
    is_default_billing = models.BooleanField(_("facturation par défaut"), default=False)
    siret = models.CharField(_("SIRET"), max_length=14, blank=True, validators=[validate_siret])
    address = models.CharField(_("adresse"), max_length=200, blank=True)
    postcode = models.CharField(_("code postal"), max_length=10, blank=True, validators=[POSTCODE])
    city = models.CharField(_("ville"), max_length=100, blank=True)
    insee_code = models.CharField(
        _("code INSEE de la commune"), max_length=5, blank=True,
        validators=[RegexValidator(r"^([0-9]{2}|2[AB])[0-9]{3}$", _("Cinq chiffres, ou 2A… et 2B… en Corse."))],
    )  # fmt: skip
    latitude = models.DecimalField(
        _("latitude"), max_digits=8, decimal_places=6, null=True, blank=True,
        validators=[MinValueValidator(-90), MaxValueValidator(90)],
    )  # fmt: skip
    longitude = models.DecimalField(
        _("longitude"), max_digits=9, decimal_places=6, null=True, blank=True,
        validators=[MinValueValidator(-180), MaxValueValidator(180)],
    )  # fmt: skip
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, verbose_name=_("responsable"), null=True, blank=True, related_name="+"
    )
    access_notes = models.TextField(
        _("accès"), blank=True, max_length=2000, help_text=_("Portail, horaires, interlocuteur sur place…")
    )
    search = search_column(A=("name",), B=("city", "postcode"), C=("address",), D=("siret",))

    # Of two companies that are merged, the one that stays keeps its own (core.merging.moving).
    merge_aside: ClassVar[dict[str, Any]] = {"is_default_billing": False}

    class Meta:
        verbose_name = _("site")
        verbose_name_plural = _("sites")
        constraints = [
            models.UniqueConstraint(
                fields=["company"], condition=Q(is_default_billing=True), name="site_default_billing_once",
                violation_error_message=_("Cette société a déjà un site de facturation par défaut."),
            ),
            models.CheckConstraint(
                condition=Q(is_default_billing=False) | Q(company__isnull=False), name="site_billing_of_a_company",
                violation_error_message=_("Un site de facturation par défaut est celui d’une société."),
            ),
            models.CheckConstraint(condition=~Q(name=""), name="site_has_a_name"),
            models.CheckConstraint(condition=Q(role__in=SiteRole.values), name="site_role_known"),
            models.CheckConstraint(condition=Q(siret__regex=r"^([0-9]{14})?$"), name="site_siret_digits"),
            models.CheckConstraint(
                condition=Q(insee_code__regex=r"^(([0-9]{2}|2[AB])[0-9]{3})?$"), name="site_insee_code_form"
            ),
            models.CheckConstraint(
                condition=Q(latitude=None, longitude=None)
                | Q(latitude__isnull=False, longitude__isnull=False)
                & Q(latitude__range=(-90, 90), longitude__range=(-180, 180)),
                name="site_is_on_earth",
                violation_error_message=_("Donnez la latitude et la longitude, ou aucune des deux."),
            ),
        ]  # fmt: skip
        indexes: ClassVar = [
            GinIndex(fields=["search"], name="site_search"),
            models.Index(folded("name"), "id", name="site_by_name"),
            models.Index(folded("city"), "id", name="site_by_city"),
            models.Index(fields=["updated_at", "id"], name="site_by_update"),
            models.Index(fields=["role", "owner"], name="site_facets"),
        ]

    class Privacy:
        company = PD(category="relation", origin="staff", erase=Null())
        contact = PD(category="relation", origin="staff", erase=Null())
        owner = PD(category="work", origin="staff", third_party=True, erase=Null())
        name = PD(category="contact", origin="staff", match="name", portable=True, erase=Tombstone())
        siret = PD(category="identity", origin="third", match="key", portable=True, erase=Blank())
        address = PD(category="contact", origin="staff", portable=True, erase=Blank())
        postcode = PD(category="contact", origin="staff", portable=True, erase=Blank())
        city = PD(category="contact", origin="staff", portable=True, erase=Blank())
        latitude = PD(category="contact", origin="staff", portable=True, erase=Null())
        longitude = PD(category="contact", origin="staff", portable=True, erase=Null())
        access_notes = PD(category="free text", origin="staff", third_party=True, erase=Review())

    def __str__(self) -> str:
        return self.name
