"""Keys and webhooks of a request."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.forms import Textarea
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.html import escape
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.registry import registry
from interfaces import actions
from interfaces.forms import IntakeForm, KeyForm, WebhookForm, label_of_field
from interfaces.intake import AGREED, KEY, TRAP
from interfaces.models import ApiKey, Delivery, DeliveryState, Webhook
from interfaces.signing import secret_of
from interfaces.views.base import InterfaceView

_PAGE = 50
TONES = {"queued": "info", "sent": "good", "dead": "danger", "dropped": "neutral"}


class NewKeyView(InterfaceView):
    """The key is in the answer to this form, and nowhere else ever again."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        asked = self.asked()
        return self.show(asked, KeyForm()) if asked.is_in_force() else self.to(asked)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        asked, form = self.asked(), KeyForm(request.POST)
        if form.is_valid():
            try:
                key, text = actions.add_key(asked, **form.cleaned_data)
            except ValidationError as error:
                form.add_error(None, error.messages)
            else:
                response = self.show(asked, form, key=key, text=text)
                response.headers["Cache-Control"] = "no-store"
                return response
        return self.show(asked, form)

    def show(self, asked: Any, form: KeyForm, **extra: Any) -> HttpResponse:
        first = next((one for one in asked.resources.all() if one.read), None)
        context = {
            "asked": asked, "form": form, "back_url": reverse("interface", args=[asked.pk]),
            "host": f"{self.request.scheme}://{self.request.get_host()}", "first": first and _address(first), **extra,
        }  # fmt: skip
        return render(self.request, "interfaces/key.html", context)


def _address(one: Any) -> str:
    resource = registry.by_label.get(one.resource)
    return f"/api{resource.list_url}" if resource else "/api/"


class NewFormView(InterfaceView):
    """A form on the client's own site (R15): its address is in the HTML that this answer shows, once."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        asked = self.asked()
        return self.show(asked, IntakeForm(request=asked, user=self.user)) if takes_forms(asked) else self.to(asked)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        asked = self.asked()
        form = IntakeForm(request.POST, request=asked, user=self.user)
        if form.is_valid():
            try:
                key, text = actions.add_key(asked, expires_on=None, **form.cleaned_data)
            except ValidationError as error:
                form.add_error(None, error.messages)
            else:
                response = self.show(asked, form, key=key, html=self.html(asked, key, text))
                response.headers["Cache-Control"] = "no-store"
                return response
        return self.show(asked, form)

    def html(self, asked: Any, key: ApiKey, text: str) -> str:
        """What the client puts into a page."""
        resource, one = registry.by_label[key.form_of], asked.resources.get(resource=key.form_of)
        host = f"{self.request.scheme}://{self.request.get_host()}"
        lines = [f'<form method="post" action="{host}{reverse("intake", args=[text])}">']
        lines += [f"  {_control(resource, name)}" for name in one.written]
        if key.wording:  # never ticked beforehand
            agreed = f'<input type="checkbox" name="{AGREED}" value="1">'
            lines.append(f"  <label>{agreed} {escape(key.wording)}</label>")
        lines += [
            f'  <input type="hidden" name="{KEY}" value="">',
            f'  <input name="{TRAP}" tabindex="-1" autocomplete="off" hidden>',
            "  <button>Envoyer</button>",
            "</form>",
            # One sending, one record, whatever the visitor clicks; without scripts the form works without it.
            f"<script>document.currentScript.previousElementSibling.{KEY}.value = crypto.randomUUID();</script>",
        ]
        return "\n".join(lines)

    def show(self, asked: Any, form: IntakeForm, **extra: Any) -> HttpResponse:
        context = {"asked": asked, "form": form, "back_url": reverse("interface", args=[asked.pk]), **extra}
        return render(self.request, "interfaces/form_new.html", context)


def _control(resource: Any, name: str) -> str:
    """A field as a visitor's browser helps to fill it; what a link brings (utm_…) is not shown."""
    form, label = resource.form.base_fields.get(name), escape(label_of_field(resource, name))
    if name in ("source", "campaign"):
        return f'<input type="hidden" name="{name}" value="">'
    required = " required" if form is not None and form.required else ""
    if isinstance(getattr(form, "widget", None), Textarea):
        return f'<label>{label} <textarea name="{name}"{required}></textarea></label>'
    kind = {"email": "email", "phone": "tel", "mobile": "tel"}.get(name, "text")
    return f'<label>{label} <input type="{kind}" name="{name}"{required}></label>'


def takes_forms(asked: Any) -> bool:
    """Whether forms may be made under this request now."""
    return asked.is_in_force() and any(actions.may_take(asked, one.resource) for one in asked.resources.all())


class KeyRevocationView(InterfaceView):
    def get(self, request: HttpRequest, pk: int, key: int) -> HttpResponse:
        return redirect("interface", pk)

    def post(self, request: HttpRequest, pk: int, key: int) -> HttpResponse:
        asked = self.asked()
        found = get_object_or_404(ApiKey, pk=key, request=asked)
        if actions.revoke_key(found):
            messages.success(request, _("La clé « %s » est révoquée : elle ne sert plus, dès maintenant.") % found)
        else:
            messages.warning(request, _("Cette clé était déjà révoquée."))
        return self.to(asked)


class NewWebhookView(InterfaceView):
    """The secret is in the answer to this form, and nowhere else ever again."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        asked = self.asked()
        return self.show(asked, WebhookForm(request=asked)) if asked.is_in_force() else self.to(asked)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        asked = self.asked()
        form = WebhookForm(request.POST, request=asked)
        if form.is_valid():
            try:
                webhook = actions.add_webhook(asked, **form.cleaned_data)
            except ValidationError as error:
                form.add_error(None, error.messages)
            else:
                response = self.show(asked, form, webhook=webhook, secret=secret_of(webhook))
                response.headers["Cache-Control"] = "no-store"
                return response
        return self.show(asked, form)

    def show(self, asked: Any, form: WebhookForm, **extra: Any) -> HttpResponse:
        context = {"asked": asked, "form": form, "back_url": reverse("interface", args=[asked.pk]), **extra}
        return render(self.request, "interfaces/webhook_new.html", context)


class WebhookView(InterfaceView):
    """What was told, what waits, what was given up; and « Rejouer »."""

    def webhook(self) -> Webhook:
        return get_object_or_404(
            Webhook.objects.select_related("request"), pk=self.kwargs["webhook"], request=self.kwargs["pk"]
        )

    def get(self, request: HttpRequest, pk: int, webhook: int) -> HttpResponse:
        found = self.webhook()
        state, before = request.GET.get("state", ""), request.GET.get("before", "")
        state = state if state in DeliveryState.values else ""
        rows = found.deliveries.order_by("-id")
        rows = rows.filter(state=state) if state else rows
        if before.isascii() and before.isdigit() and len(before) < 19:
            rows = rows.filter(pk__lt=int(before))
        page = list(rows[: _PAGE + 1])
        context = {
            "asked": found.request,
            "webhook": found,
            "in_force": found.request.is_in_force(),
            "deliveries": [
                {"row": row, "label": row.get_state_display(), "tone": TONES[row.state],
                 "again": row.state in (DeliveryState.DEAD, DeliveryState.SENT)}
                for row in page[:_PAGE]
            ],
            "states": [
                {"label": label, "value": value, "current": value == state}
                for value, label in [("", _("Tous")), *DeliveryState.choices]
            ],
            "state": state,
            "more": page[_PAGE - 1].pk if len(page) > _PAGE else None,
            "dead": found.deliveries.filter(state=DeliveryState.DEAD)[:1000].count(),
        }  # fmt: skip
        return render(request, "interfaces/webhook.html", context)


class SwitchView(WebhookView):
    """In service or out of it."""

    def get(self, request: HttpRequest, pk: int, webhook: int) -> HttpResponse:
        return redirect("interface-webhook", pk, webhook)

    def post(self, request: HttpRequest, pk: int, webhook: int) -> HttpResponse:
        found = self.webhook()
        actions.switch(found, active=not found.active)
        text = _("Arrêté : plus rien n’est envoyé.") if found.active else _("Remis en service.")
        messages.success(request, text)
        return redirect("interface-webhook", pk, webhook)


class ReplayView(WebhookView):
    """One delivery again (`delivery`), or all that were given up."""

    def get(self, request: HttpRequest, pk: int, webhook: int) -> HttpResponse:
        return redirect("interface-webhook", pk, webhook)

    def post(self, request: HttpRequest, pk: int, webhook: int) -> HttpResponse:
        found, which = self.webhook(), request.POST.get("delivery", "")
        rows = Delivery.objects.filter(webhook=found)
        if which.isascii() and which.isdigit() and len(which) < 19:
            rows = rows.filter(pk=int(which))
        else:
            rows = rows.filter(state=DeliveryState.DEAD)
        count = actions.replay(rows)
        if count:
            words = ngettext("%d envoi repart dans un instant.", "%d envois repartent dans un instant.", count)
            messages.success(request, words % count)
        else:
            messages.warning(request, _("Rien à rejouer."))
        return redirect("interface-webhook", pk, webhook)
