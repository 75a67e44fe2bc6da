"""Contracts, amendments and terminations: written once, as signed."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core import audit
from tenants import contracts
from tenants.middleware import forget_hosts
from tenants.models import Amendment, Client, Contract, Termination
from tenants.states import follow_contract
from vendor.admin.site import ops


def follow(request: HttpRequest, client: Client) -> None:
    """The client's state follows what was just recorded, in the name of whoever recorded it."""
    with audit.by(request.user, screen="ops"):
        follow_contract(client)
    forget_hosts()


class ModulesForm(forms.ModelForm):
    """`modules` as boxes."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "modules" in self.fields:
            self.fields["modules"] = forms.MultipleChoiceField(
                choices=list(contracts.business_modules().items()),
                widget=forms.CheckboxSelectMultiple,
                label=gettext_lazy("Modules"),
                required=isinstance(self, ContractForm),
                help_text="" if isinstance(self, ContractForm) else _("tous ceux d’après l’avenant ; vide : inchangés"),
            )


class ContractForm(ModulesForm):
    class Meta:
        model = Contract
        fields = (
            "client", "number", "signed_on", "starts_on", "notice_months", "yearly_fee", "seats", "modules", "document",
        )  # fmt: skip


class ActionForm(ModulesForm):
    """What an action of tenants.contracts judges and writes: its refusals are shown with the form."""

    act: Any

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if "modules" in data:
            data["modules"] = data["modules"] or None
        return data

    def save(self, commit: bool = True) -> Any:
        self.save_m2m = self._save_m2m  # type: ignore[method-assign,attr-defined]
        return self.instance  # written by the action that judged it

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]
        if not self.errors and self.instance.pk is None:
            try:
                type(self).act(self.instance)
            except ValidationError as error:
                self.add_error(None, error)


class AmendmentForm(ActionForm):
    act = staticmethod(contracts.amend)

    class Meta:
        model = Amendment
        fields = (
            "contract", "number", "signed_on", "effective_on", "seats", "modules", "yearly_fee", "purpose", "document",
        )  # fmt: skip


class TerminationForm(ActionForm):
    act = staticmethod(contracts.terminate)

    class Meta:
        model = Termination
        fields = ("contract", "party", "letter_number", "received_on", "document")


class Kept(admin.ModelAdmin):
    """Added, then only read."""

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Written by the form's action already; this process sees the new terms at once."""
        forget_hosts()


class AmendmentInline(admin.TabularInline):
    model = Amendment
    extra = 0
    can_delete = False
    fields = ("number", "signed_on", "effective_on", "seats", "modules", "yearly_fee", "purpose", "document")
    show_change_link = True

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Contract, site=ops)
class ContractAdmin(admin.ModelAdmin):
    form = ContractForm
    list_display = ("number", "client", "starts_on", "renews_on", "ends_on", "now_seats")
    search_fields = ("number", "client__code", "client__name")
    list_select_related = ("client",)
    autocomplete_fields = ("client",)
    inlines = (AmendmentInline,)

    @admin.display(description=gettext_lazy("prochaine reconduction"))
    def renews_on(self, contract: Contract) -> Any:
        return None if contract.ends_on else contract.renewal_after(timezone.localdate())

    @admin.display(description=gettext_lazy("utilisateurs"))
    def now_seats(self, contract: Contract) -> str:
        given = contracts.granted(contract.client_id)
        if given is None or given.contract_id != contract.pk:
            return str(contract.seats)
        return f"{contracts.seats_taken(contract.client)} / {given.seats}"

    def has_change_permission(self, request: HttpRequest, obj: Contract | None = None) -> bool:
        """Once begun, only an amendment changes it (R30)."""
        return obj is None or not obj.has_begun

    def has_delete_permission(self, request: HttpRequest, obj: Contract | None = None) -> bool:
        return obj is not None and not obj.has_begun

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        follow(request, obj.client)


@admin.register(Amendment, site=ops)
class AmendmentAdmin(Kept):
    form = AmendmentForm
    list_display = ("contract", "number", "effective_on", "seats", "purpose")
    autocomplete_fields = ("contract",)


@admin.register(Termination, site=ops)
class TerminationAdmin(Kept):
    form = TerminationForm

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        follow(request, obj.contract.client)

    list_display = ("letter_number", "contract", "received_on", "effective_on")
    autocomplete_fields = ("contract",)
