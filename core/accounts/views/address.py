"""One's own address, changed by a link at the new one."""

from typing import Any

from allauth.account.internal.flows.reauthentication import raise_if_reauthentication_required
from allauth.core import ratelimit
from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.accounts.actions import address as actions
from core.accounts.journal import note
from core.accounts.models import DoorEventKind
from core.accounts.views.security import Own
from core.forms import CleanInput


class AddressForm(CleanInput, forms.Form):
    email = forms.EmailField(
        label=gettext_lazy("Nouvelle adresse e-mail"), max_length=254,
        widget=forms.EmailInput({"autocomplete": "email"}),
    )  # fmt: skip


class Address(Own):
    @property
    def base(self) -> str:
        return f"{self.request.scheme}://{self.request.get_host()}"


class AddressView(Address):
    """Asked for by somebody who has just proved who they are."""

    def get(self, request: HttpRequest) -> HttpResponse:
        raise_if_reauthentication_required(request, app="account")
        return self.show(AddressForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        raise_if_reauthentication_required(request, app="account")
        form = AddressForm(request.POST)
        if form.is_valid():
            if not ratelimit.consume(request, action="address", user=self.user):
                form.add_error(None, _("Trop de demandes : réessayez dans quelques minutes."))
                return self.show(form)
            try:
                actions.ask(self.user, form.cleaned_data["email"], base=self.base)
            except ValidationError as error:
                form.add_error("email", error)
            else:
                return render(request, "account/address_sent.html", {"email": form.cleaned_data["email"]})
        return self.show(form)

    def show(self, form: Any) -> HttpResponse:
        return render(self.request, "account/address.html", {"form": form})


class ConfirmView(Address):
    """Behind the link. Only the person themselves, signed in: whoever gets it by mistake does nothing with it."""

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        email = actions.new_address_of(token, self.user)
        if email is None:
            return self.over(request)
        return render(request, "account/address_confirm.html", {"email": email})

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        try:
            old = actions.confirm(self.user, token, base=self.base)
        except ValidationError as error:
            for message in error.messages:
                messages.error(request, message)
            return redirect("account-address")
        if old is None:
            return self.over(request)
        note(DoorEventKind.ADDRESS, self.user, request)
        messages.success(request, _("Vous vous connectez désormais avec %s.") % self.user.email)
        return redirect("account-security")

    def over(self, request: HttpRequest) -> HttpResponse:
        return render(request, "account/address_over.html", status=410)
