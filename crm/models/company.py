"""The companies a client deals with."""

from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from core.merging.declaring import likeness
from core.models import DomainModel
from core.personal_data import PD, SELF, After, Blank, Keep, Null, Review, Tombstone, personal_data
from core.search import behind_first_word, folded, search_column, sort_column
from crm.identifiers import POSTCODE, validate_naf, validate_siren, validate_siret, validate_vat


class Kind(models.TextChoices):
    BUSINESS = "business", _("Entreprise")
    PERSON = "person", _("Entrepreneur individuel")
    PUBLIC = "public", _("Organisme public")


class Relation(models.TextChoices):
    """How far the relation has gone; a supplier is told by `is_supplier`, since it can be a customer too."""

    PROSPECT = "prospect", _("Prospect")
    CUSTOMER = "customer", _("Client")
    NONE = "none", _("Sans relation")


class RegistryState(models.TextChoices):
    """What the business register (SIRENE) last said."""

    UNKNOWN = "", _("Inconnu")
    ACTIVE = "A", _("En activité")
    CLOSED = "F", _("Fermée")


# A sole trader is a person, and so may be the address of any company. Until inbound contacts are kept, three years run
# from the collection of the data (CNIL, gestion commerciale), and a person decides: customers are among them.
@personal_data(subject=SELF, processing="CRM-01", retention=Keep(years=3, since="created_at", then=After.REVIEW))
class Company(DomainModel):
    """A company, or one establishment of it when it has a SIRET of its own."""

    name = models.CharField(_("nom"), max_length=200)
    legal_name = models.CharField(_("raison sociale"), max_length=200, blank=True)
    kind = models.CharField(_("nature"), max_length=8, choices=Kind, default=Kind.BUSINESS)
    relation = models.CharField(_("relation"), max_length=8, choices=Relation, default=Relation.PROSPECT)
    is_supplier = models.BooleanField(_("fournisseur"), default=False)
    siren = models.CharField(_("SIREN"), max_length=9, blank=True, validators=[validate_siren])
    siret = models.CharField(_("SIRET"), max_length=14, blank=True, validators=[validate_siret])
    vat_number = models.CharField(_("n° de TVA"), max_length=14, blank=True, validators=[validate_vat])
    naf = models.CharField(_("code NAF"), max_length=6, blank=True, validators=[validate_naf])
    registry_state = models.CharField(
        _("état au registre"), max_length=1, choices=RegistryState, blank=True, default=""
    )
    address = models.CharField(_("adresse"), max_length=200, blank=True)
    postcode = models.CharField(_("code postal"), max_length=10, blank=True, validators=[POSTCODE])
    city = models.CharField(_("ville"), max_length=100, blank=True)
    phone = models.CharField(_("téléphone"), max_length=20, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    website = models.URLField(_("site web"), blank=True)
    parent = models.ForeignKey(
        "self", models.SET_NULL, verbose_name=_("maison mère"), null=True, blank=True, related_name="children"
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, verbose_name=_("responsable"), null=True, blank=True, related_name="+"
    )
    source = models.CharField(_("origine"), max_length=60, blank=True)
    credit_limit = models.DecimalField(
        _("encours autorisé"), max_digits=14, decimal_places=2, null=True, blank=True,
        validators=[MinValueValidator(0, _("Un encours n’est pas négatif."))],
    )  # fmt: skip
    note = models.TextField(_("note"), blank=True, max_length=5000)
    search = search_column(
        A=("name", "siren", "siret"), B=("legal_name",), C=("city", "postcode"), D=("email", "phone")
    )

    sort_key = sort_column("name")

    class Meta:
        verbose_name = _("société")
        verbose_name_plural = _("sociétés")
        constraints = [
            models.UniqueConstraint(fields=["siret"], condition=~Q(siret=""), name="company_siret_unique"),
            models.CheckConstraint(
                condition=Q(siret="") | Q(siret__startswith=F("siren")), name="company_siret_starts_with_siren"
            ),
            models.CheckConstraint(condition=Q(siren__regex=r"^([0-9]{9})?$"), name="company_siren_digits"),
            models.CheckConstraint(condition=Q(siret__regex=r"^([0-9]{14})?$"), name="company_siret_digits"),
            models.CheckConstraint(condition=~Q(parent=F("pk")), name="company_parent_is_not_self"),
            models.CheckConstraint(condition=~Q(name=""), name="company_has_a_name"),
        ]
        indexes: ClassVar = [
            GinIndex(fields=["search"], name="company_search"),
            GinIndex(behind_first_word(), name="company_behind"),
            models.Index(fields=["sort_key", "id"], name="company_by_name"),
            models.Index(folded("city"), "id", name="company_by_city"),
            models.Index(fields=["updated_at", "id"], name="company_by_update"),
            models.Index(fields=["created_at", "id"], name="company_by_creation"),
            models.Index(fields=["siren"], condition=~Q(siren=""), name="company_by_siren"),
            models.Index(Lower("email"), condition=~Q(email=""), name="company_by_email"),
            models.Index(fields=["phone"], condition=~Q(phone=""), name="company_by_phone"),
            models.Index(likeness("name"), name="company_by_likeness"),
            # Every facet: the counts of the tabs and of any filters read this index alone, never the rows.
            models.Index(fields=["relation", "kind", "registry_state", "owner"], name="company_facets"),
        ]

    class Privacy:
        name = PD(category="identity", origin="third", match="name", portable=True, erase=Tombstone())
        legal_name = PD(category="identity", origin="third", match="name", portable=True, erase=Blank())
        siren = PD(category="identity", origin="third", match="key", portable=True, erase=Blank())
        siret = PD(category="identity", origin="third", match="key", portable=True, erase=Blank())
        vat_number = PD(category="identity", origin="third", portable=True, erase=Blank())
        address = PD(category="contact", origin="third", portable=True, erase=Blank())
        postcode = PD(category="contact", origin="third", portable=True, erase=Blank())
        city = PD(category="contact", origin="third", portable=True, erase=Blank())
        phone = PD(category="contact", origin="subject", match="phone", portable=True, erase=Blank())
        email = PD(category="contact", origin="subject", match="email", portable=True, erase=Blank())
        website = PD(category="contact", origin="third", portable=True, erase=Blank())
        parent = PD(category="relation", origin="third", third_party=True, erase=Null())
        owner = PD(category="work", origin="staff", third_party=True, erase=Null())
        credit_limit = PD(category="financial", origin="staff", erase=Null())
        note = PD(category="free text", origin="staff", third_party=True, erase=Review())

    def __str__(self) -> str:
        return self.name
