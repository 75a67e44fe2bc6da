"""The steps of a mailing, its recipients, its trial; and the rules of this client's mailings."""

import datetime as dt
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.accounts.access import Level
from core.display import moment
from core.forms import CleanInput
from core.mail import BadMail
from core.mail.dkim import domain_of_sender
from core.models import DkimKey
from core.views.base import ResourceView
from core.views.record import RecordView
from crm.actions import mailings as actions
from crm.models import Mailing, MailingList, ProspectingSettings
from crm.models.mailing import MailingState, MessageState
from crm.prospecting import Reason
from crm.resources.contact import ContactResource
from crm.returns import explained
from crm.statistics import FIGURES, TONES, figures_of
from crm.views.mail_preview import sample_of
from crm.views.pipelines import EditView, SettingsView

_PAGE = 50
_JUDGED = 1000  # contacts of a segment that the page of a draft judges; the sending judges all


class RecipientsView(RecordView):
    """Of a draft: who would get it today, and why not the others. Afterwards: each message and what came of it."""

    tab = "recipients"
    template = "crm/recipients.html"

    def content(self, row: Any) -> dict[str, Any]:
        if row.state in (MailingState.DRAFT, MailingState.SCHEDULED):
            return self.foreseen(row)
        return self.messages(row)

    def foreseen(self, row: Mailing) -> dict[str, Any]:
        params = (
            row.segment_params if row.state == MailingState.SCHEDULED else row.segment.params if row.segment else None
        )
        if params is None:
            return {"foreseen": None}
        rows = actions.contacts_of(params, self.user)[:_JUDGED]
        seen: set[str] = set()
        shown: list[Any] = []
        reasons: dict[str, int] = {}
        allowed = judged = 0
        for chunk in actions.each_recipient(row, rows):
            judged += len(chunk)
            for one in chunk:
                if one.address and one.address in seen:
                    reasons["twice"] = reasons.get("twice", 0) + 1
                    continue
                seen.add(one.address)
                if one.verdict.reason is None:
                    allowed += 1
                else:
                    reasons[one.verdict.reason] = reasons.get(one.verdict.reason, 0) + 1
                shown.append(one)
        asked = self.request.GET.get("reason", "")
        if asked in Reason.values:
            shown = [one for one in shown if one.verdict.reason == asked]
        url = self.resource.url("recipients", row.pk)
        return {
            "foreseen": [
                {"contact": one.contact, "url": ContactResource.url("prospecting", one.contact.pk),
                 "address": one.address, "allowed": one.verdict.allowed, "why": one.verdict.why}
                for one in shown[:_PAGE]
            ],
            "allowed": allowed,
            "excluded": sum(reasons.values()),
            "reasons": [
                {
                    "label": Reason(code).label if code in Reason.values else _("Même adresse qu’une autre fiche"),
                    "count": count,
                    "url": f"{url}?reason={code}" if code in Reason.values else "",
                    "current": code == asked,
                }
                for code, count in sorted(reasons.items(), key=lambda item: -item[1])
            ],
            "all_url": url,
            "filtered": bool(asked),
            "capped": _JUDGED if judged >= _JUDGED else 0,
            "more": len(shown) > _PAGE,
        }  # fmt: skip

    def messages(self, row: Mailing) -> dict[str, Any]:
        state, before = self.request.GET.get("state", ""), self.request.GET.get("before", "")
        found = row.messages.select_related("contact").order_by("-pk")
        found = found.filter(FIGURES[state]) if state in FIGURES else found
        if before.isascii() and before.isdigit() and len(before) < 19:
            found = found.filter(pk__lt=int(before))
        rows = list(found[: _PAGE + 1])
        url = self.resource.url("recipients", row.pk)
        figures = figures_of(row)
        last = f"&before={rows[_PAGE - 1].pk}" if len(rows) > _PAGE else ""
        return {
            "states": [
                {"label": _("Tous"), "url": url, "current": state not in FIGURES, "count": figures["total"]},
                *({"label": tile.label, "url": f"{url}?state={tile.key}", "current": tile.key == state,
                   "count": tile.value}
                  for tile in figures["tiles"] if tile.value or tile.key == state),
            ],
            "shown": [self.shown(message) for message in rows[:_PAGE]],
            "more_url": f"{url}?state={state}{last}" if last else "",
        }  # fmt: skip

    def shown(self, message: Any) -> dict[str, Any]:
        state = MessageState(message.state)
        why, answer = explained(message)
        return {
            "message": message,
            "label": state.label,
            "tone": TONES[state],
            "why": why,
            "answer": answer,
            "url": ContactResource.url("prospecting", message.contact_id) if message.contact_id else "",
        }


class DepartureForm(CleanInput, forms.Form):
    at = forms.DateTimeField(
        label=gettext_lazy("Partir le"), required=False,
        widget=forms.DateTimeInput(format="%Y-%m-%dT%H:%M", attrs={"type": "datetime-local"}),
        help_text=gettext_lazy("Vide : tout de suite."),
    )  # fmt: skip

    def clean_at(self) -> dt.datetime | None:
        at = self.cleaned_data["at"]
        if at is not None and at < timezone.now() - dt.timedelta(minutes=5):
            raise ValidationError(_("Ce moment est passé : choisissez-en un à venir, ou laissez vide."))
        if at is not None and at > timezone.now() + dt.timedelta(days=366):
            raise ValidationError(_("Dans un an au plus."))
        return at


class DepartureView(ResourceView):
    """When it leaves; before that, how many get it and what is missing."""

    level = Level.WRITE

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self.show(self.row(), DepartureForm())

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        row: Any = self.row()
        form = DepartureForm(request.POST)
        if form.is_valid():
            try:
                mailing = actions.schedule(row, at=form.cleaned_data["at"], by=self.user)
            except ValidationError as error:
                form.add_error(None, error)
            else:
                assert mailing.scheduled_at is not None
                when = moment(mailing.scheduled_at)
                said = _("L’envoi partira le %s.") % when if form.cleaned_data["at"] else _("L’envoi commence.")
                messages.success(request, said)
                return self.to("record", pk)
        return self.show(row, form)

    def show(self, row: Any, form: DepartureForm) -> HttpResponse:
        counted = actions.contacts_of(row.segment.params, self.user)[:_JUDGED] if row.segment else None
        allowed = excluded = judged = 0
        for chunk in actions.each_recipient(row, counted) if counted is not None else ():
            judged += len(chunk)
            goes = {one.address for one in chunk if one.verdict.allowed}
            allowed += len(goes)
            excluded += len(chunk) - len(goes)
        domain = domain_of_sender()
        context = {
            "resource": self.resource, "record": {"pk": row.pk, "title": str(row)}, "form": form, "row": row,
            "missing": actions.missing(row) if row.state == MailingState.DRAFT else [], "allowed": allowed,
            "excluded": excluded, "capped": _JUDGED if judged >= _JUDGED else 0,
            "draft": row.state == MailingState.DRAFT, "domain": domain,
            "signed": DkimKey.objects.filter(active=True, domain=domain).exists(),
            "cancel_url": self.resource.url("record", row.pk),
            "recipients_url": self.resource.url("recipients", row.pk),
        }  # fmt: skip
        return render(self.request, "crm/departure.html", context)


class StepView(ResourceView):
    """POST `step`: pause, resume, cancel, unschedule."""

    level = Level.WRITE
    steps = {
        "pause": (actions.pause, gettext_lazy("L’envoi est en pause : plus rien ne part.")),
        "resume": (actions.resume, gettext_lazy("L’envoi reprend où il s’était arrêté.")),
        "cancel": (actions.cancel, gettext_lazy("L’envoi est annulé : personne d’autre ne le recevra.")),
        "unschedule": (actions.unschedule, gettext_lazy("L’envoi est de nouveau un brouillon.")),
    }

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        row: Any = self.row()
        known = self.steps.get(request.POST.get("step", ""))
        if known is None:
            messages.error(request, _("Ce geste n’existe pas."))
            return self.to("record", pk)
        try:
            known[0](row, by=self.user)
        except ValidationError as error:
            messages.warning(request, " ".join(error.messages))
        else:
            messages.success(request, known[1])
        return self.to("record", pk)


class TestView(ResourceView):
    """POST `contact`: the message as that contact would get it, to whoever asks."""

    level = Level.WRITE

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        row: Any = self.row()
        contact, _choices = sample_of(self, row)
        if not row.subject or not row.text:
            messages.warning(request, _("Écrivez d’abord un objet et un texte."))
            return self.to("preview", pk)
        try:
            actions.send_test(row, contact, by=self.user)
        except BadMail as error:
            messages.error(request, str(error))
        else:
            messages.success(request, _("L’essai part à %s.") % self.user.email)
        return redirect(f"{self.resource.url('preview', pk)}?contact={contact.pk or ''}")


# --- the rules of this client -----------------------------------------------------------------------------------------
class RulesForm(CleanInput, forms.ModelForm):
    class Meta:
        model = ProspectingSettings
        fields = ["sender_identity", "energy_works"]


class ListForm(CleanInput, forms.ModelForm):
    class Meta:
        model = MailingList
        fields = ["name", "description", "archived"]


class MailingSettingsView(SettingsView):
    def get(self, request: HttpRequest) -> HttpResponse:
        return self.rules(RulesForm(instance=actions.rules()))

    def post(self, request: HttpRequest) -> HttpResponse:
        form = RulesForm(request.POST, instance=actions.rules())
        if not form.is_valid():
            return self.rules(form)
        form.save()
        messages.success(request, _("Les règles sont enregistrées."))
        return redirect("crm-mailing-settings")

    def rules(self, form: RulesForm) -> HttpResponse:
        domain = domain_of_sender()
        context = {
            "form": form, "lists": MailingList.objects.all(), "domain": domain,
            "signed": DkimKey.objects.filter(active=True, domain=domain).exists(),
        }  # fmt: skip
        return render(self.request, "crm/mailing_settings.html", context)


class ListEditView(EditView):
    model, form = MailingList, ListForm
    titles = (gettext_lazy("Nouvelle liste d’envoi"), gettext_lazy("Liste d’envoi"))

    def back(self) -> HttpResponse:
        return redirect("crm-mailing-settings")

    def show(self, form: Any) -> HttpResponse:
        """A list is archived, never deleted: people left it, and links name it."""
        context = {
            "form": form, "title": str(self.titles[bool(form.instance.pk)]),
            "back_url": reverse("crm-mailing-settings"), "back_label": _("Réglages des envois"),
        }  # fmt: skip
        return render(self.request, "crm/pipeline_form.html", context)
