"""The way in: the page behind the link of an invitation. Whoever has no open link can only ask for another one."""

from typing import Any

from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.models import Login
from allauth.core import ratelimit
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.generic import View

from core.accounts.actions.inviting import accept, ask_again, is_open, link_of
from core.accounts.forms import AcceptForm
from core.accounts.models.invitations import digest_of


@method_decorator([never_cache, sensitive_post_parameters("password1", "password2")], name="dispatch")
class AcceptView(View):
    """GET changes nothing: programs that follow the links of mails must not use them up.

    The address is a key; SECURE_REFERRER_POLICY ("same-origin") keeps it from other sites. A stricter policy on this
    page would make browsers send « Origin: null », which the CSRF check refuses.
    """

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        link = link_of(token)
        if link is None or not is_open(link):
            return self.over(request)
        person = link.user
        form = AcceptForm(
            person=person, initial={"first_name": person.first_name, "last_name": person.last_name}
        )  # fmt: skip
        return self.show(request, form)

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        link = link_of(token)
        if link is None or not is_open(link):
            return self.over(request)
        form = AcceptForm(request.POST, person=link.user)
        if not form.is_valid():
            return self.show(request, form)
        data = form.cleaned_data
        person = accept(
            token, password=data["password1"], first_name=data["first_name"], last_name=data["last_name"]
        )  # fmt: skip
        if person is None:  # somebody used it between the two
            return self.over(request)
        logout(request)  # whoever was signed in here was somebody else
        record_authentication(request, person, method="invitation", reauthenticated=True)  # nobody proved more
        return perform_login(request, Login(user=person, email=person.email))

    def show(self, request: HttpRequest, form: AcceptForm) -> HttpResponse:
        return render(request, "account/invitation.html", {"form": form, "email": form.person.email})

    def over(self, request: HttpRequest) -> HttpResponse:
        """Used, too old, or never sent: one page for all, since whoever sees it may be anybody."""
        return render(request, "account/invitation_over.html", status=410)


class AskAgainView(View):
    """« Recevoir un autre lien »: to the address that the first one went to, and the same answer for everybody."""

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        return redirect("invitation", token)

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        limited: Any = ratelimit.consume(request, action="invitation", key=digest_of(token))
        if limited:
            ask_again(token, base=f"{request.scheme}://{request.get_host()}")
        return render(request, "account/invitation_sent.html")
