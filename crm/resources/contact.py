"""How contacts are shown and changed."""

from collections.abc import Mapping
from typing import Any

import django_filters
from django.forms import Textarea
from django.utils.translation import gettext_lazy as _

from core.accounts.models import User
from core.fields import LookupField
from core.filters import Facet, MonthFacet, PersonFacet
from core.forms import ResourceForm
from core.merging.declaring import Duplicates, Near, Same
from core.registry import register
from core.resource import Badge, Col, Look, Related, Resource
from crm.addresses import normalised
from crm.models import Company, Contact
from crm.models.contact import RecipientKind
from crm.phones import PhoneField
from crm.prospecting import Channel
from crm.resources.activity import ActivityResource
from crm.resources.deal import DealResource
from crm.resources.site import SiteResource


class ContactFilters(django_filters.FilterSet):
    recipient_kind = Facet(choices=RecipientKind, label=_("Type"), icon="id-card")
    owner = PersonFacet(label=_("Responsable"))
    company = django_filters.NumberFilter(label=_("Société"))
    created = MonthFacet("created_at", label=_("Création"))

    class Meta:
        model = Contact
        fields = ["recipient_kind", "owner", "company", "created"]


class ContactForm(ResourceForm):
    company = LookupField(Company, label=_("Société"), required=False)
    phone = PhoneField(label=_("Téléphone"), required=False)
    mobile = PhoneField(label=_("Mobile"), required=False)

    fieldsets = (
        (_("Identité"), ("first_name", "last_name", "company", "job")),
        (_("Coordonnées"), ("email", "phone", "mobile", "recipient_kind")),
        (_("Suivi"), ("owner", "note")),
    )

    class Meta:
        model = Contact
        fields = [
            "first_name", "last_name", "company", "job", "email", "phone", "mobile", "recipient_kind", "owner", "note",
        ]  # fmt: skip
        widgets = {"note": Textarea(attrs={"rows": 4})}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["recipient_kind"].help_text = _("Non précisé vaut particulier : pas de prospection sans accord.")


class ContactBulkForm(ResourceForm):
    company = LookupField(Company, label=_("Société"), required=False)

    class Meta:
        model = Contact
        fields = ["company", "job", "recipient_kind", "owner"]


@register
class ContactResource(Resource):
    model = Contact
    look = Look(
        icon="users",
        avatar="round",
        subtitle=("job",),
        hint=("job", "company"),
        badge=Badge("recipient_kind", {"professional": "info", "consumer": "warn"}),
        search_hint=_("Nom, e-mail, téléphone…"),
    )
    columns = (
        Col("last_name", label=_("Contact"), link=True, sort=True),
        Col("company"),
        Col("email"),
        Col("mobile"),
        Col("recipient_kind", label=_("Type")),
        Col("owner"),
        Col("updated_at", label=_("Modifié"), sort=True),
    )
    filters = ContactFilters
    form = ContactForm
    bulk_form = ContactBulkForm
    duplicates = Duplicates(
        (
            Same("email", ("email",), _("même e-mail"), 60, lower=True),
            Same("mobile", ("mobile",), _("même mobile"), 60),
            Near("name", ("first_name", "last_name"), _("nom proche"), 40, place="company"),
        )
    )
    related = (Related(DealResource, "contact"), Related(SiteResource, "contact"), Related(ActivityResource, "contact"))

    @classmethod
    def tabs(cls, user: User) -> list[tuple[str, str]]:
        return [("prospecting", str(_("Prospection")))]

    @classmethod
    def banner(cls, row: Any, user: User, can: Mapping[str, bool]) -> dict[str, Any] | None:
        """An address that left stays away, however it came back: who opens the record is told."""
        from crm.actions.consents import suppressed

        left = suppressed(normalised(Channel.EMAIL, row.email))
        if left is None:
            return None
        url = cls.url("prospecting", row.pk)
        return {"template": "crm/_contact_banner.html", "left": left, "list": left.mailing_list, "url": url}

    @classmethod
    def pages(cls) -> dict[str, tuple[str, Any]]:
        from crm.views import consents

        return {**super().pages(), "prospecting": ("<int:pk>/prospecting/", consents.ProspectingView)}
