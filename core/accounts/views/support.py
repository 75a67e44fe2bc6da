"""The support of B2O: what administrators let it see and what it looked at; and its own way in and out."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth import logout
from django.core.exceptions import ValidationError
from django.db.models import Count, Max, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.generic import View

from core.accounts.access import MODULES
from core.accounts.actions import support as actions
from core.accounts.models import SupportAccess, User
from core.accounts.models.support import Step
from core.accounts.support import KEY, address_of
from core.accounts.views.administration import Administration, FormPage
from core.accounts.views.journal import number
from core.forms import CleanInput

_PAGE = 50
TONES = {Step.REFUSED: "warn", Step.ENTERED: "info", Step.LEFT: "neutral", Step.PAGE: "neutral"}
HOURS = (
    (1, gettext_lazy("Une heure")),
    (4, gettext_lazy("Quatre heures")),
    (24, gettext_lazy("Un jour")),
    (72, gettext_lazy("Trois jours")),
    (168, gettext_lazy("Sept jours")),
)


def labels_of(access: SupportAccess) -> str:
    return ", ".join(str(MODULES.get(module, module)) for module in access.modules)


class AccessForm(CleanInput, forms.Form):
    modules = forms.MultipleChoiceField(
        label=gettext_lazy("Ce que le support pourra lire"), widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("Jamais les ressources humaines, ni les réglages."),
    )  # fmt: skip
    hours = forms.TypedChoiceField(label=gettext_lazy("Pendant"), choices=HOURS, coerce=int, initial=4)
    reason = forms.CharField(
        label=gettext_lazy("Motif"), max_length=300, widget=forms.Textarea({"rows": 3}),
        help_text=gettext_lazy("Ce que le support doit regarder : « Le tri des devis ne garde pas l’ordre »."),
    )  # fmt: skip

    def __init__(self, *args: Any, by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = actions.lendable(by)
        modules: Any = self.fields["modules"]
        modules.choices = list(offered.items())
        if len(offered) == 1:
            self.initial["modules"] = list(offered)


class SupportView(Administration):
    section = "support"

    def get(self, request: HttpRequest) -> HttpResponse:
        pages = Count("visits", filter=Q(visits__step=Step.PAGE))
        found = SupportAccess.objects.select_related("granted_by", "revoked_by").annotate(
            pages=pages, last=Max("visits__at")
        )
        rows = [{"access": access, "modules": labels_of(access)} for access in found[:200]]
        return self.page("people/support.html", rows=rows)


class NewAccessView(FormPage):
    section = "support"

    def form(self, *data: Any) -> AccessForm:
        return AccessForm(*data[:1], by=self.user)

    def words(self) -> dict[str, Any]:
        return {
            "title": _("Ouvrir un accès au support"),
            "button": _("Ouvrir l’accès"),
            "back_url": reverse("support"),
            "back_label": _("Support B2O"),
            "lead": _(
                "L’équipe de B2O n’entre pas sans vous. Elle pourra lire ces fiches, sans rien modifier ni extraire, "
                "jusqu’à la fin que vous fixez. Chaque page qu’elle ouvre est notée ici, à son nom."
            ),
        }

    def done(self, form: AccessForm) -> HttpResponse:
        actions.grant(**form.cleaned_data, by=self.user)
        messages.success(self.request, _("L’accès est ouvert ; tous les administrateurs le voient."))
        return redirect("support")


class AccessView(Administration):
    section = "support"

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        access = get_object_or_404(SupportAccess.objects.select_related("granted_by", "revoked_by"), pk=pk)
        before = number(request.GET.get("before"))
        visits = access.visits.order_by("-pk")
        found = list((visits.filter(pk__lt=before) if before else visits)[: _PAGE + 1])
        lines = [
            {"visit": visit, "label": Step(visit.step).label, "tone": TONES[Step(visit.step)]}
            for visit in found[:_PAGE]
        ]
        more = f"?before={found[_PAGE - 1].pk}" if len(found) > _PAGE else ""
        return self.page("people/support_access.html", access=access, modules=labels_of(access), lines=lines, more=more)


class RevocationView(Administration):
    section = "support"

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        return redirect("support")

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        try:
            actions.revoke(get_object_or_404(SupportAccess, pk=pk), by=self.user)
        except ValidationError as error:
            self.refused(error)
        else:
            messages.success(request, _("L’accès est révoqué : plus aucune page ne s’ouvre au support."))
        return redirect("support")


# --- the support itself --------------------------------------------------------------------------------------------
@method_decorator(never_cache, name="dispatch")
class EnterView(View):
    """Behind a ticket from ops. GET changes nothing and says under what access one enters."""

    def get(self, request: HttpRequest, ticket: str) -> HttpResponse:
        found = actions.read_ticket(ticket)
        if found is None:
            return self.over(request)
        access, staff = found
        context = {"access": access, "staff": staff, "modules": labels_of(access)}
        return render(request, "account/support_enter.html", context)

    def post(self, request: HttpRequest, ticket: str) -> HttpResponse:
        found = actions.use_ticket(ticket, address_of(request))
        if found is None:
            return self.over(request)
        access, staff = found
        logout(request)  # whoever was signed in here was somebody else
        request.session[KEY] = {"access": access.pk, "staff": staff.pk, "epoch": staff.epoch}
        request.session.set_expiry(access.ends_at)
        return redirect("home")

    def over(self, request: HttpRequest) -> HttpResponse:
        return render(request, "account/support_over.html", status=403)


class LeaveView(View):
    """Written down by the gate."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return redirect("home")

    def post(self, request: HttpRequest) -> HttpResponse:
        request.session.flush()
        return render(request, "account/support_over.html", {"left": True})
