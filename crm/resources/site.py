"""How sites are shown and changed."""

from typing import Any

import django_filters
from django.forms import Textarea
from django.utils.translation import gettext_lazy as _

from core.fields import CompactField, LookupField
from core.filters import Facet, PersonFacet
from core.forms import ResourceForm
from core.registry import register
from core.resource import Badge, Col, Look, Related, Resource, View
from crm.fields import PostcodeField
from crm.models import Company, Contact, Site
from crm.models.site import SiteRole
from crm.resources.deal import DealResource


class SiteFilters(django_filters.FilterSet):
    role = Facet(choices=SiteRole, label=_("Usage"), icon="map-pin")
    owner = PersonFacet(label=_("Responsable"))
    company = django_filters.NumberFilter(label=_("Société"))
    contact = django_filters.NumberFilter(label=_("Contact"))

    class Meta:
        model = Site
        fields = ["role", "owner", "company", "contact"]


class SiteForm(ResourceForm):
    company = LookupField(Company, label=_("Société"), required=False)
    contact = LookupField(Contact, label=_("Contact sur place"), required=False)
    siret = CompactField(label=_("SIRET"), required=False, max_length=14)
    postcode = PostcodeField(label=_("Code postal"), required=False, max_length=10)
    insee_code = CompactField(
        label=_("Code INSEE de la commune"), required=False, max_length=5, help_text=_("Cinq signes : 29019 pour Brest")
    )

    fieldsets = (
        (_("Site"), ("name", "company", "contact", "role", "is_default_billing", "siret")),
        (_("Adresse"), ("address", "postcode", "city", "insee_code", "latitude", "longitude")),
        (_("Suivi"), ("owner", "access_notes")),
    )

    class Meta:
        model = Site
        fields = [
            "name", "company", "contact", "role", "is_default_billing", "siret", "address", "postcode", "city",
            "insee_code", "latitude", "longitude", "owner", "access_notes",
        ]  # fmt: skip
        widgets = {"access_notes": Textarea(attrs={"rows": 3})}

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("is_default_billing") and "company" in self.fields and not data.get("company"):
            self.add_error("is_default_billing", _("Choisissez d’abord la société qui y est facturée."))
        if {"latitude", "longitude"} <= self.fields.keys() and not {"latitude", "longitude"} & self.errors.keys():
            given = [data.get(name) is not None for name in ("latitude", "longitude")]
            if given[0] != given[1]:
                self.add_error("longitude" if given[0] else "latitude", _("Donnez les deux coordonnées, ou aucune."))
        return data


class SiteBulkForm(ResourceForm):
    class Meta:
        model = Site
        fields = ["role", "owner"]


@register
class SiteResource(Resource):
    model = Site
    look = Look(
        icon="map-pin",
        subtitle=("company",),
        hint=("company", "city"),
        badge=Badge("role", {"head": "info", "worksite": "warn"}),
        search_hint=_("Nom, ville, adresse…"),
    )
    columns = (
        Col("name", label=_("Site"), link=True, sort=True),
        Col("company"),
        Col("role"),
        Col("address"),
        Col("postcode"),
        Col("city", sort=True),
        Col("owner"),
        Col("updated_at", label=_("Modifié"), sort=True),
    )
    views = (View(_("Tous")), View(_("Chantiers"), {"role": "worksite"}))
    filters = SiteFilters
    form = SiteForm
    bulk_form = SiteBulkForm
    related = (Related(DealResource, "site"),)
