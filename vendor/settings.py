"""What a client's administrators say of their own company: its legal identity, its days off, how its pages look."""

import logging
from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.business_time.of_client import forget_calendar
from core.business_time.public_holidays import Zone
from core.forms import CleanInput
from core.models import CalendarSettings
from core.place import client_of
from core.views.base import SettingsView
from tenants.documents import vendor_storage
from tenants.middleware import forget_hosts
from tenants.models import Client
from vendor.forms import IDENTITY, IdentityForm, LogoForm

logger = logging.getLogger(__name__)
USUAL_HUE = 262  # of static/css/base.css, for who chose none


class InstanceForm(CleanInput, LogoForm, IdentityForm):
    zone = forms.ChoiceField(label=gettext_lazy("Jours fériés"), choices=Zone.choices)
    hue = forms.IntegerField(
        label=gettext_lazy("Couleur"), min_value=0, max_value=359, widget=forms.NumberInput({"type": "range"}),
        help_text=gettext_lazy("celle des boutons et des liens ; la page la montre quand vous la déplacez"),
    )  # fmt: skip

    class Meta:
        model = Client
        fields = (*IDENTITY, "logo", "hue")

    def clean_hue(self) -> int | None:
        hue: int = self.cleaned_data["hue"]
        return None if hue == USUAL_HUE else hue

    def groups(self) -> list[tuple[str, list[Any]]]:
        return [
            (_("Identité"), [self[name] for name in IDENTITY]),
            (_("Calendrier"), [self["zone"]]),
            (_("Apparence"), [self["logo"], self["hue"]]),
        ]


class InstanceSettingsView(SettingsView):
    """The other processes show a change within thirty seconds (tenants.middleware)."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.show(self.form(self.client()))

    @transaction.atomic
    def post(self, request: HttpRequest) -> HttpResponse:
        client = Client.objects.select_for_update().get(pk=self.client().pk)
        before = client.logo.name
        form = self.form(client, request.POST, request.FILES)
        if not form.is_valid():
            return self.show(form)
        form.save()
        CalendarSettings.objects.update_or_create(pk=1, defaults={"zone": form.cleaned_data["zone"]})
        forget_calendar()
        if before and client.logo.name != before:
            transaction.on_commit(lambda: vendor_storage.delete(before))
        transaction.on_commit(forget_hosts)
        logger.info("settings of the instance changed: %s", ", ".join(form.changed_data))
        messages.success(request, _("Les réglages de l’entreprise sont enregistrés."))
        return redirect("instance-settings")

    def client(self) -> Client:
        return Client.objects.get(pk=client_of(self.request).pk)  # not the middleware's copy

    def form(self, client: Client, data: Any = None, files: Any = None) -> InstanceForm:
        kept = CalendarSettings.objects.first()
        initial = {
            "zone": kept.zone if kept else Zone.FRANCE, "hue": USUAL_HUE if client.hue is None else client.hue,
        }  # fmt: skip
        return InstanceForm(data, files, instance=client, initial=initial)

    def show(self, form: InstanceForm) -> HttpResponse:
        return render(self.request, "vendor/settings.html", {"form": form})
