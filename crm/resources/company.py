"""How companies are shown and changed."""

from collections.abc import Mapping
from typing import Any

import django_filters
from django.core.exceptions import ValidationError
from django.forms import Textarea
from django.utils.translation import gettext_lazy as _

from core.accounts.models import User
from core.fields import CompactField, LookupField
from core.filters import Facet, MonthFacet, PersonFacet
from core.forms import ResourceForm
from core.merging.declaring import Duplicates, Near, Same
from core.registry import register
from core.resource import Badge, Col, Look, Related, Resource, View
from crm.family import circle, family
from crm.fields import NafField, PostcodeField, VatField
from crm.importers import CompanyImporter
from crm.models import Company
from crm.models.company import Kind, RegistryState, Relation
from crm.phones import PhoneField
from crm.resources.activity import ActivityResource
from crm.resources.contact import ContactResource
from crm.resources.deal import DealResource
from crm.resources.rights import VIEW_CREDIT
from crm.resources.site import SiteResource


class CompanyFilters(django_filters.FilterSet):
    relation = Facet(choices=Relation, label=_("Relation"), icon="tag")
    kind = Facet(choices=Kind, label=_("Nature"), icon="building-2")
    owner = PersonFacet(label=_("Responsable"))
    credit_min = django_filters.NumberFilter("credit_limit", "gte", label=_("Encours d’au moins"))
    registry_state = Facet(choices=RegistryState, label=_("Registre"), icon="shield-check")
    created = MonthFacet("created_at", label=_("Création"))
    parent = django_filters.NumberFilter(label=_("Maison mère"))

    class Meta:
        model = Company
        fields = ["relation", "kind", "owner", "credit_min", "registry_state", "created", "parent"]


class CompanyForm(ResourceForm):
    siren = CompactField(label=_("SIREN"), required=False, max_length=9)
    siret = CompactField(
        label=_("SIRET"), required=False, max_length=14, help_text=_("14 chiffres ; le SIREN en vient")
    )
    vat_number = VatField(label=_("N° de TVA"), required=False, max_length=14)
    naf = NafField(label=_("Code NAF"), required=False, max_length=6)
    postcode = PostcodeField(label=_("Code postal"), required=False, max_length=10)
    phone = PhoneField(label=_("Téléphone"), required=False)
    parent = LookupField(Company, label=_("Maison mère"), required=False)

    fieldsets = (
        (_("Identité"), ("name", "legal_name", "kind", "relation", "is_supplier")),
        (_("Identifiants"), ("siret", "siren", "vat_number", "naf", "registry_state")),
        (_("Coordonnées"), ("address", "postcode", "city", "phone", "email", "website")),
        (_("Suivi"), ("owner", "parent", "source", "credit_limit", "note")),
    )

    class Meta:
        model = Company
        fields = [
            "name", "legal_name", "kind", "relation", "is_supplier",
            "siret", "siren", "vat_number", "naf", "registry_state",
            "address", "postcode", "city", "phone", "email", "website",
            "owner", "parent", "source", "credit_limit", "note",
        ]  # fmt: skip
        widgets = {"note": Textarea(attrs={"rows": 4})}

    def clean(self):
        data = super().clean() or {}
        siret, siren = data.get("siret", ""), data.get("siren", "")
        if siret and not siren and "siren" not in self.errors:
            data["siren"] = siret[:9]
        elif siret and siren and not siret.startswith(siren):
            self.add_error("siren", _("Ce SIREN n’est pas celui du SIRET (%s).") % siret[:9])
        return data

    def validate_unique(self):
        """Said beside the field; an import asks the database for a thousand lines at once (core.importing.guard)."""
        super().validate_unique()
        siret = self.instance.siret
        if not siret or "siret" not in self.fields or "siret" in self.errors:
            return
        if Company.objects.filter(siret=siret).exclude(pk=self.instance.pk).exists():
            self.add_error("siret", _("Une autre société porte déjà ce SIRET."))

    def clean_parent(self):
        parent = self.cleaned_data["parent"]
        if parent is not None and (why := circle(self.instance, parent)):
            raise ValidationError(why)
        return parent


class CompanyBulkForm(ResourceForm):
    class Meta:
        model = Company
        fields = ["relation", "kind", "is_supplier", "owner", "source", "registry_state"]


@register
class CompanyResource(Resource):
    model = Company
    look = Look(
        icon="building-2",
        feminine=True,
        subtitle=("email",),
        hint=("city",),
        side=("city",),
        badge=Badge("relation", {"prospect": "info", "customer": "good"}),
        search_hint=_("Nom, ville, SIREN…"),
    )
    columns = (
        Col("name", label=_("Société"), link=True, sort=True),
        Col("relation"),
        Col("city", sort=True),
        Col("siren"),
        Col("naf"),
        Col("owner"),
        Col("phone"),
        Col("credit_limit"),
        Col("updated_at", label=_("Modifiée"), sort=True),
    )
    views = (
        View(_("Toutes")),
        View(_("Prospects"), {"relation": "prospect"}),
        View(_("Clients"), {"relation": "customer"}),
    )
    filters = CompanyFilters
    form = CompanyForm
    bulk_form = CompanyBulkForm
    importer = CompanyImporter
    related = (
        Related(DealResource, "company"),
        Related(ContactResource, "company"),
        Related(SiteResource, "company"),
        Related(ActivityResource, "company"),
    )
    duplicates = Duplicates(
        (
            Same("siret", ("siret",), _("même SIRET"), 100),
            Same("email", ("email",), _("même e-mail"), 60, lower=True),
            Same("phone", ("phone",), _("même téléphone"), 50),
            Near("name", ("name",), _("nom proche"), 40, place="city"),
        ),
        # Two establishments, and two legal units, are no duplicates, whatever their names.
        unlike=("siren", "siret"),
    )
    sensitive = {"credit_limit": VIEW_CREDIT.code}

    @classmethod
    def banner(cls, row: Any, user: User, can: Mapping[str, bool]) -> dict[str, Any] | None:
        tree = family(cls, row, user)
        return {"template": "crm/_family.html", "tree": tree} if tree else None
