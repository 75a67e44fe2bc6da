"""Second factors: allauth's own views, with what they lack."""

from typing import Any

from allauth.mfa.adapter import get_adapter
from allauth.mfa.webauthn.views import RemoveWebAuthnView as AllauthRemoveView
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from core.accounts.views.security import Own


class FactorsView(Own):
    """allauth's index is a part of the page « Ma sécurité »."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return redirect("account-security")


class FactorNeededView(Own):
    """Where whoever must have a second factor is led until they have one."""

    def get(self, request: HttpRequest) -> HttpResponse:
        if not self.user.lacks_factor:
            return redirect("home")
        roles = self.user.roles.filter(second_factor=True)
        return render(request, "account/factor_needed.html", {"roles": roles})


class RemovePasskeyView(AllauthRemoveView):
    def form_valid(self, form: Any) -> HttpResponse:
        if not get_adapter().can_delete_authenticator(self.get_object()):
            messages.error(self.request, str(get_adapter().error_messages["cannot_delete_authenticator"]))
            return redirect("account-security")
        response: HttpResponse = super().form_valid(form)
        return response
