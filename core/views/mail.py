"""The outbox and how mails are signed: for administrators."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from core.display import number
from core.mail import dkim
from core.mail.outbox import AGAIN, outbox, send_again, settle_as_sent
from core.models import DkimKey, MailSettings, MailState, OutgoingMail
from core.views.base import SettingsView

_PAGE = 50
TONES = {
    MailState.QUEUED: "neutral",
    MailState.SENDING: "info",
    MailState.SENT: "good",
    MailState.FAILED: "danger",
    MailState.ABANDONED: "danger",
    MailState.UNCERTAIN: "warn",
    MailState.EXCLUDED: "neutral",
}


class OutboxView(SettingsView):
    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        state, before = request.GET.get("state", ""), request.GET.get("before", "")
        state = state if state in MailState.values else ""
        rows = outbox().filter(state=state) if state else outbox()
        if before.isascii() and before.isdigit() and len(before) < 19:
            rows = rows.filter(pk__lt=int(before))
        found = list(rows[: _PAGE + 1])
        more: dict[str, str] = {"state": state, "before": str(found[_PAGE - 1].pk)} if len(found) > _PAGE else {}
        context = {
            "mails": [self.shown(mail) for mail in found[:_PAGE]],
            "states": self.states(state),
            "state": state,
            "doubts": OutgoingMail.objects.filter(state=MailState.UNCERTAIN)[:100].count(),
            "more_url": f"{reverse('mail')}?{urlencode(more)}" if more else "",
            "inbox": settings.DEMO,
        }
        return render(request, "core/mails.html", context)

    def shown(self, mail: OutgoingMail) -> dict[str, Any]:
        return {
            "mail": mail,
            "label": MailState(mail.state).label,
            "tone": TONES[MailState(mail.state)],
            "again": mail.state in AGAIN,
            "doubtful": mail.state == MailState.UNCERTAIN,
        }

    def states(self, state: str) -> list[dict[str, Any]]:
        labels = [("", _("Tous")), *((value, str(label)) for value, label in MailState.choices)]
        return [
            {"label": label, "url": f"{reverse('mail')}?state={value}" if value else reverse("mail"),
             "current": value == state}
            for value, label in labels
        ]  # fmt: skip


class DeliveryView(OutboxView):
    """« Renvoyer »: a person decides."""

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        return redirect("mail")

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        if not outbox().filter(pk=pk).exists():
            raise Http404
        if send_again(pk):
            messages.success(request, _("Ce courriel repart dans un instant."))
        else:
            messages.warning(request, _("Ce courriel est déjà parti, ou attend de partir."))
        return redirect("mail")


class SettlementView(DeliveryView):
    """« Il est arrivé »: the doubt is over."""

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        if not settle_as_sent(pk):
            raise Http404
        messages.success(request, _("Ce courriel est noté comme envoyé."))
        return redirect("mail")


class MailSettingsForm(forms.ModelForm):
    class Meta:
        model = MailSettings
        fields = ["sender_name", "sender_address", "reply_to", "per_hour"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        most = number(settings.MAIL_PER_HOUR)
        self.fields["per_hour"].help_text = _("%s, si vous ne dites rien. Les autres attendent leur tour.") % most

    def clean_per_hour(self) -> int | None:
        """Fewer than the vendor's limit, which protects everybody's mails, or as many."""
        asked = self.cleaned_data["per_hour"]
        # What the vendor granted this client beyond it stays.
        if asked is not None and asked != self.initial.get("per_hour") and not 1 <= asked <= settings.MAIL_PER_HOUR:
            raise forms.ValidationError(_("De 1 à %s courriels par heure.") % number(settings.MAIL_PER_HOUR))
        return asked

    def clean_sender_name(self) -> str:
        name = self.cleaned_data["sender_name"]
        if any(character in name for character in '\r\n<>"'):
            raise forms.ValidationError(_("Un nom, sans guillemets ni chevrons : par exemple « Atelier Morvan »."))
        return name


class MailSettingsView(SettingsView):
    def get(self, request: HttpRequest) -> HttpResponse:
        return self.show(MailSettingsForm(instance=MailSettings.objects.first()))

    def post(self, request: HttpRequest) -> HttpResponse:
        form = MailSettingsForm(request.POST, instance=MailSettings.objects.first())
        if not form.is_valid():
            return self.show(form)
        form.save()
        messages.success(request, _("Les prochains courriels partiront ainsi."))
        return redirect("mail")

    def show(self, form: MailSettingsForm) -> HttpResponse:
        context = {"form": form, "default": settings.DEFAULT_FROM_EMAIL, "dpo": settings.DPO_EMAIL}
        return render(self.request, "core/mail_settings.html", context)


class SignatureView(SettingsView):
    """The keys that sign this client's mails: made here, published by whoever keeps its DNS, then put into service.

    POST `do`: make, check, start, stop.
    """

    def get(self, request: HttpRequest) -> HttpResponse:
        domain = dkim.domain_of_sender()
        keys: list[dict[str, Any]] = [
            {"key": key, "record": dkim.record_of(key), "foreign": key.domain != domain}
            for key in DkimKey.objects.all()
        ]
        context = {"domain": domain, "keys": keys, "signs": any(k["key"].active and not k["foreign"] for k in keys)}
        return render(request, "core/mail_signature.html", context)

    def post(self, request: HttpRequest) -> HttpResponse:
        does = request.POST.get("do", "")
        if does == "make":
            dkim.make_key(dkim.domain_of_sender())
            messages.success(request, _("La clé est créée : publiez-la dans votre DNS, puis mettez-la en service."))
            return redirect("mail-signature")
        pk = request.POST.get("key", "")
        key = DkimKey.objects.filter(pk=int(pk)).first() if pk.isascii() and pk.isdigit() and len(pk) < 19 else None
        if key is None:
            raise Http404
        self.act(does, key)
        return redirect("mail-signature")

    def act(self, does: str, key: DkimKey) -> None:
        if does == "check":
            self.look(key)
        elif does == "start":
            dkim.put_into_service(key)
            messages.success(self.request, _("Les prochains courriels de %s sont signés.") % key.domain)
        elif does == "stop":
            dkim.put_out_of_service(key)
            messages.success(
                self.request,
                _("Cette clé ne signe plus. Laissez-la publiée une semaine : des courriels en route la demandent."),
            )

    def look(self, key: DkimKey) -> None:
        import dns.exception

        try:
            shown = dkim.published(key)
        except dns.exception.DNSException:
            messages.warning(self.request, _("Le DNS ne répond pas : réessayez dans un moment."))
            return
        if shown:
            messages.success(self.request, _("Le DNS montre cette clé."))
        else:
            messages.warning(
                self.request, _("Le DNS ne montre pas encore cette clé : un changement y met jusqu’à un jour.")
            )
