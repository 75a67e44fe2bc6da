"""What happens to leads: received, qualified, discarded, converted."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Lower
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _

from core.accounts.models import User
from core.registry import resource_of
from core.saving import save
from crm.models import Company, Contact, Deal, Lead
from crm.models.contact import RecipientKind
from crm.models.lead import LeadState
from crm.models.pipeline import Pipeline, Stage, StageKind
from crm.phones import is_mobile


class NotConverted(Exception):
    """Why, in people's words: {what: [sentences]}. Nothing was done."""

    def __init__(self, errors: Mapping[str, list[str]]) -> None:
        self.errors = dict(errors)
        super().__init__(str(errors))


@dataclass(frozen=True)
class Wanted:
    """What a lead becomes: rows that are there, or new ones where None; `deal`: the name of the deal, "" for none."""

    company: Company | None = None
    new_company: bool = False
    contact: Contact | None = None
    deal: str = ""
    amount: str = ""


def earlier(lead: Lead) -> Lead | None:
    """The oldest lead still open of the same person: same e-mail, or same telephone number."""
    same = Q(pk__in=[])
    if lead.email:
        same |= Q(_email=lead.email.lower()) & ~Q(email="")
    if lead.phone:
        same |= Q(phone=lead.phone) & ~Q(phone="")
    open_ = Lead.objects.filter(state__in=(LeadState.NEW, LeadState.QUALIFIED), duplicate_of=None)
    return open_.alias(_email=Lower("email")).filter(same).exclude(pk=lead.pk).order_by("pk").first()


@transaction.atomic
def qualify(lead: Lead) -> None:
    """Raises ValidationError when somebody was faster."""
    _go(lead, LeadState.NEW, LeadState.QUALIFIED)


@transaction.atomic
def discard(lead: Lead, *, reason: str) -> None:
    held = Lead.objects.select_for_update(of=("self",)).get(pk=lead.pk)
    _go(lead, LeadState(held.state), LeadState.DISCARDED, discard_reason=reason)


@transaction.atomic
def reopen(lead: Lead) -> None:
    _go(lead, LeadState.DISCARDED, LeadState.NEW, discard_reason="")


def _go(lead: Lead, before: LeadState, after: LeadState, **fields: Any) -> None:
    held = Lead.objects.select_for_update(of=("self",)).get(pk=lead.pk)
    if held.state != before or before == LeadState.CONVERTED:
        raise ValidationError(_("Cette demande est déjà « %s ».") % LeadState(held.state).label.lower())
    held.state = after
    for name, value in fields.items():
        setattr(held, name, value)
    held.save(update_fields=["state", "updated_at", *fields])


@transaction.atomic
def convert(lead: Lead, wanted: Wanted, *, by: User) -> Lead:
    """A company, a contact and a deal out of a lead, or the ones that are there. All or nothing; no consent is made.

    Raises NotConverted.
    """
    lead = Lead.objects.select_for_update(of=("self",)).get(pk=lead.pk)
    if lead.state == LeadState.NEW:
        _go(lead, LeadState.NEW, LeadState.QUALIFIED)
        lead.refresh_from_db()
    if lead.state != LeadState.QUALIFIED:
        raise NotConverted({"lead": [_("Cette demande est déjà « %s ».") % LeadState(lead.state).label.lower()]})
    owner = str(by.pk) if lead.owner_id is None else str(lead.owner_id)
    company = wanted.company
    if company is None and wanted.new_company:
        company = _made(
            Company,
            {
                "name": lead.company_name,
                "kind": "business",
                "relation": "prospect",
                "source": lead.source,
                "owner": owner,
            },
            by,
        )
    contact = wanted.contact or _made(
        Contact,
        {
            "first_name": lead.first_name, "last_name": lead.last_name, "email": lead.email,
            "mobile" if is_mobile(lead.phone) else "phone": lead.phone,
            # Written to by a firm they name, they write for it; else nobody knows, which counts as a consumer.
            "recipient_kind": RecipientKind.PROFESSIONAL if company else RecipientKind.UNKNOWN,
            "company": str(company.pk) if company else "", "owner": owner,
        },
        by,
    )  # fmt: skip
    company = company or contact.company
    deal = None
    if wanted.deal:
        values = {
            "name": wanted.deal, "amount": wanted.amount, "source": lead.source, "note": lead.message, "owner": owner,
            "contact": str(contact.pk), "company": str(company.pk) if company else "",
            "stage": _entry(lead.pipeline),
        }  # fmt: skip
        deal = _made(Deal, values, by)
    lead.state, lead.converted_at = LeadState.CONVERTED, timezone.now()
    lead.company, lead.contact, lead.deal = company, contact, deal
    lead.save(update_fields=["state", "converted_at", "company", "contact", "deal", "updated_at"])
    return lead


def _entry(pipeline: Pipeline | None) -> str:
    """The key of the stage by which deals enter it; "" lets the deal choose."""
    if pipeline is None or pipeline.archived:
        return ""
    first = Stage.objects.filter(pipeline=pipeline, kind=StageKind.OPEN).order_by("position").first()
    return str(first.pk) if first else ""


def _made(model: type[Any], values: Mapping[str, str], by: User) -> Any:
    """A row by the form of its resource: the same checks and the same reach as on its page."""
    resource, data = resource_of(model), QueryDict(mutable=True)
    data.update({name: value for name, value in values.items() if value})
    form: Any = resource.form(data, user=by)
    form.keep_only(values)
    if not form.is_valid() or not save(form, resource, by):
        raise NotConverted({resource.label: [str(error) for errors in form.errors.values() for error in errors]})
    return form.instance
