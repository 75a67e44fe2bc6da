"""How leads are shown, received and changed."""

from collections.abc import Mapping
from typing import Any

import django_filters
from django.forms import Textarea
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from core.accounts.models import User
from core.filters import Facet, PersonFacet
from core.forms import ResourceForm
from core.registry import register
from core.resource import Badge, Col, Look, Resource, View
from crm.actions.consents import record_consent, suppressed
from crm.actions.leads import earlier
from crm.addresses import normalised
from crm.filters import MonthBehind
from crm.models import Lead
from crm.models.lead import AGREED, LeadState
from crm.phones import PhoneField
from crm.prospecting import Channel


class LeadFilters(django_filters.FilterSet):
    state = Facet(choices=LeadState, label=_("État"), icon="flag")
    owner = PersonFacet(label=_("Responsable"))
    created = MonthBehind("created_at", label=_("Reçue"))

    class Meta:
        model = Lead
        fields = ["state", "owner", "created"]


class LeadForm(ResourceForm):
    phone = PhoneField(label=_("Téléphone"), required=False)

    fieldsets = (
        (_("Qui écrit"), ("first_name", "last_name", "company_name", "email", "phone")),
        (_("Demande"), ("message", "source", "campaign")),
        (_("Suivi"), ("owner", "pipeline")),
    )
    office = ("owner", "pipeline")  # what a form of the client's site may give beside what is written

    class Meta:
        model = Lead
        fields = [
            "first_name", "last_name", "company_name", "email", "phone", "message", "source", "campaign", "owner",
            "pipeline",
        ]  # fmt: skip
        widgets = {"message": Textarea(attrs={"rows": 5})}

    def receive(self, form: str, payload: Mapping[str, str], key: str, *, agreed: str = "") -> None:
        """From a form of the client's site (interfaces.intake), before it is saved: what came, from which form, and the
        words of the box that was ticked."""
        lead = self.instance
        lead.form, lead.idempotency_key = form, key
        lead.payload = {**payload, **({AGREED: agreed} if agreed else {})}
        lead.duplicate_of = earlier(lead)

    def agree(self, form: str, wording: str, proof: Mapping[str, Any]) -> None:
        """The visitor ticked the box: the ledger keeps it, unless the address was taken off. Whoever knows an address
        may type it: to be written to again, its owner answers a mail (crm.actions.consents.come_back)."""
        lead = self.instance
        address = normalised(Channel.EMAIL, lead.email)
        if address and suppressed(address) is None:
            record_consent(
                channel=Channel.EMAIL, address=address, source=gettext("Formulaire « %s »") % form, wording=wording,
                proof={**proof, "wording": wording, "lead": lead.pk},
            )  # fmt: skip

    @classmethod
    def received(cls, key: str) -> bool:
        """Whether what is sent again under this key is here already."""
        return Lead.objects.filter(idempotency_key=key).exists()


class LeadBulkForm(ResourceForm):
    class Meta:
        model = Lead
        fields = ["owner", "source"]


@register
class LeadResource(Resource):
    model = Lead
    look = Look(
        icon="inbox",
        avatar="round",
        feminine=True,
        subtitle=("company_name",),
        side=("created_at",),
        badge=Badge("state", {"new": "info", "qualified": "warn", "converted": "good"}),
        search_hint=_("Nom, société, e-mail…"),
    )
    columns = (
        Col("last_name", label=_("Demande"), link=True, sort=True),
        Col("company_name"),
        Col("state"),
        Col("email"),
        Col("phone"),
        Col("source"),
        Col("owner"),
        Col("created_at", label=_("Reçue"), sort=True, newest=True, hour=True),
    )
    views = (
        View(_("Toutes")),
        View(_("Nouvelles"), {"state": "new"}),
        View(_("Qualifiées"), {"state": "qualified"}),
    )
    filters = LeadFilters
    form = LeadForm
    bulk_form = LeadBulkForm

    @classmethod
    def pages(cls) -> dict[str, tuple[str, Any]]:
        from crm.views import leads

        return {
            **super().pages(),
            "qualify": ("<int:pk>/qualification/", leads.StateView),
            "discard": ("<int:pk>/discard/", leads.DiscardView),
            "reopen": ("<int:pk>/reopening/", leads.StateView),
            "convert": ("<int:pk>/conversion/", leads.ConvertView),
        }

    @classmethod
    def banner(cls, row: Any, user: User, can: Mapping[str, bool]) -> dict[str, Any] | None:
        from crm.views.leads import made_of

        agreed = (row.payload or {}).get(AGREED, "")
        return {
            "agreed": agreed,
            "withheld": bool(agreed and suppressed(normalised(Channel.EMAIL, row.email))),
            "template": "crm/_lead_steps.html",
            "lead": row,
            "can": can["edit"],
            "made": made_of(row, user),
            "duplicate_url": cls.url("record", row.duplicate_of_id) if row.duplicate_of_id else "",
            "urls": {page: cls.url(page, row.pk) for page in ("qualify", "discard", "reopen", "convert")},
        }
