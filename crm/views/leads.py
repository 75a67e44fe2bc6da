"""Leads: qualified, discarded, converted."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.accounts.access import Level
from core.accounts.models import User
from core.fields import LookupField
from core.forms import CleanInput
from core.merging.finding import alike
from core.registry import registry, resource_of
from core.views.base import ResourceView
from crm.actions.leads import NotConverted, Wanted, convert, discard, qualify, reopen
from crm.models import Company, Contact, Lead
from crm.models.lead import DiscardReason


def made_of(lead: Lead, user: User) -> list[dict[str, str]]:
    """The records that a lead became, by name; with their address where the person sees them."""
    found = []
    for name in ("company", "contact", "deal"):
        row = getattr(lead, name)
        resource = registry.of(type(row)) if row is not None else None
        if resource is not None:
            seen = resource.rows(user).filter(pk=row.pk).exists()
            found.append(
                {"title": str(row), "icon": resource.look.icon, "url": resource.url("record", row.pk) if seen else ""}
            )
    return found


class StateView(ResourceView):
    """POST: the lead is qualified, or open again (the name of the address says which)."""

    level = Level.WRITE

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self.to("record", self.row().pk)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        lead: Any = self.row()
        back = bool(request.resolver_match and request.resolver_match.url_name == self.resource.url_name("reopen"))
        try:
            (reopen if back else qualify)(lead)
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
        else:
            messages.success(
                request, _("La demande est de nouveau à traiter.") if back else _("La demande est qualifiée.")
            )
        return self.to("record", pk)


class DiscardForm(CleanInput, forms.Form):
    reason = forms.ChoiceField(label=gettext_lazy("Motif"), choices=DiscardReason, required=False)


class DiscardView(ResourceView):
    level = Level.WRITE

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self.show(self.row(), DiscardForm())

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        lead: Any = self.row()
        form = DiscardForm(request.POST)
        if not form.is_valid():
            return self.show(lead, form)
        try:
            discard(lead, reason=form.cleaned_data["reason"])
        except ValidationError as error:
            form.add_error(None, error)
            return self.show(lead, form)
        messages.success(request, _("La demande est écartée."))
        return self.to("list")

    def show(self, lead: Any, form: DiscardForm) -> HttpResponse:
        record = {"title": self.resource.title(lead), "url": self.resource.url("record", lead.pk)}
        return render(
            self.request, "crm/lead_discard.html", {"resource": self.resource, "record": record, "form": form}
        )


NEW, NOBODY = "new", ""


class ConvertForm(CleanInput, forms.Form):
    """Which company and which contact: one that looks like it, any other, or a new one; and the deal."""

    company = forms.ChoiceField(label=gettext_lazy("Société"), required=False, widget=forms.RadioSelect)
    other_company = LookupField(Company, label=gettext_lazy("Une autre société"), required=False)
    contact = forms.ChoiceField(label=gettext_lazy("Contact"), widget=forms.RadioSelect)
    makes_deal = forms.BooleanField(label=gettext_lazy("Ouvrir une affaire"), required=False)
    deal = forms.CharField(label=gettext_lazy("Nom de l’affaire"), max_length=120, required=False)
    amount = forms.DecimalField(
        label=gettext_lazy("Montant estimé"), required=False, min_value=0, max_digits=14, decimal_places=2
    )

    def __init__(self, data: Any, *, lead: Lead, user: User) -> None:
        name = _("Demande de %s") % lead
        first = {"makes_deal": True, "deal": name[:120]}
        super().__init__(data, initial=first)
        companies = alike(resource_of(Company), user, {"name": lead.company_name, "email": lead.email}) if (
            lead.company_name or lead.email
        ) else []  # fmt: skip
        contacts = alike(
            resource_of(Contact), user,
            {"email": lead.email, "mobile": lead.phone, "first_name": lead.first_name, "last_name": lead.last_name},
        )  # fmt: skip
        new = [(NEW, _("Nouvelle : « %s »") % lead.company_name)] if lead.company_name else []
        self.companies: dict[str, Any] = {str(one.row.pk): one.row for one in companies}
        self.contacts: dict[str, Any] = {str(one.row.pk): one.row for one in contacts}
        told = [(str(one.row.pk), _told(one)) for one in companies]
        company: Any = self.fields["company"]
        contact: Any = self.fields["contact"]
        company.choices = [*told, *new, (NOBODY, _("Aucune"))]
        people = [(str(one.row.pk), _told(one)) for one in contacts]
        contact.choices = [*people, (NEW, _("Nouveau : « %s »") % lead)]
        # A name alone is shared by many: it is proposed, and chosen beforehand only for a company, where it is the one.
        known = told if _sure(companies) or len(companies) == 1 else []
        self.initial["company"] = (known or new or [(NOBODY, "")])[0][0]
        self.initial["contact"] = (people if _sure(contacts) else [(NEW, "")])[0][0]
        lookup: Any = self.fields["other_company"]
        lookup.queryset = resource_of(Company).rows(user)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("makes_deal") and not data.get("deal"):
            self.add_error("deal", _("Donnez un nom à l’affaire, ou n’en ouvrez pas."))
        return data

    def wanted(self) -> Wanted:
        data = self.cleaned_data
        chosen = data["company"]
        amount = data.get("amount")
        return Wanted(
            company=data["other_company"] or self.companies.get(chosen),
            new_company=chosen == NEW and not data["other_company"],
            contact=self.contacts.get(data["contact"]),
            deal=data["deal"] if data["makes_deal"] else "",
            amount="" if amount is None else str(amount),
        )


def _sure(found: list[Any]) -> bool:
    """Whether the likest has more than its name in common."""
    return bool(found) and found[0].score > 40


def _told(one: Any) -> str:
    about = getattr(one.row, "city", "") or str(getattr(one.row, "company", None) or "")
    return " · ".join(filter(None, [str(one.row), about, ", ".join(one.reasons)]))


class ConvertView(ResourceView):
    level = Level.WRITE

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        lead: Any = self.row()
        return self.show(lead, ConvertForm(None, lead=lead, user=self.user))

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        lead: Any = self.row()
        form = ConvertForm(request.POST, lead=lead, user=self.user)
        if not form.is_valid():
            return self.show(lead, form)
        try:
            done = convert(lead, form.wanted(), by=self.user)
        except NotConverted as error:
            for what, sentences in error.errors.items():
                form.add_error(None, [f"{what} : {sentence}" for sentence in sentences])
            return self.show(lead, form)
        messages.success(request, _("La demande est convertie."))
        made: Any = done.deal or done.contact  # the form wants a contact
        return redirect(resource_of(type(made)).url("record", made.pk))

    def show(self, lead: Any, form: ConvertForm) -> HttpResponse:
        record = {"title": self.resource.title(lead), "url": self.resource.url("record", lead.pk)}
        context = {"resource": self.resource, "record": record, "form": form, "lead": lead}
        return render(self.request, "crm/lead_convert.html", context)
