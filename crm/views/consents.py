"""What may be sent to a contact and why, by each channel; and their word, given or taken back with its proof."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.accounts.access import Level
from core.forms import CleanInput
from core.registry import resource_of
from core.views.record import RecordView
from crm.actions.consents import record_consent, withdraw
from crm.addresses import digests_of
from crm.models import Consent, Contact, Mailing, MailingList, Suppression
from crm.prospecting import Channel, ConsentStatus, Purpose, judge
from crm.recipients import address_of, facts_of

_SHOWN = 50


class WordForm(CleanInput, forms.Form):
    """A person's word, as somebody here received it."""

    channel = forms.ChoiceField(label=gettext_lazy("Voie"), choices=Channel)
    status = forms.ChoiceField(label=gettext_lazy("Parole"), choices=ConsentStatus)
    source = forms.CharField(
        label=gettext_lazy("Où et comment"),
        max_length=120,
        help_text=gettext_lazy("Salon, formulaire papier, e-mail reçu…"),
    )
    wording = forms.CharField(
        label=gettext_lazy("Texte accepté"), max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("La phrase que la personne a lue et acceptée."),
    )  # fmt: skip
    proof = forms.CharField(
        label=gettext_lazy("Preuve"), max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("Ce qui le prouve, et où le trouver : bon signé du 3 mars, classeur A ; e-mail du…"),
    )  # fmt: skip
    on = forms.DateField(
        label=gettext_lazy("Date"), required=False, widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        help_text=gettext_lazy("Vide : aujourd’hui."),
    )  # fmt: skip

    def clean_on(self) -> Any:
        on = self.cleaned_data["on"]
        if on is not None and on > timezone.localdate():
            raise ValidationError(_("Cette date est à venir."))
        return on

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("status") == ConsentStatus.GRANTED:
            for name in ("proof", "wording"):
                if not data.get(name) and name not in self.errors:
                    self.add_error(name, _("Un accord se prouve (RGPD art. 7) : dites-le ici."))
        return data


class ProspectingView(RecordView):
    tab = "prospecting"
    template = "crm/prospecting.html"

    def content(self, row: Any) -> dict[str, Any]:
        found = self.address(row)
        words = Consent.objects.filter(address__in=[address for address in found.values() if address])
        digests = [digest for channel, address in found.items() if address for digest in digests_of(channel, address)]
        names = {one.scope: one.name for one in MailingList.objects.all()}
        left = list(Suppression.objects.filter(digest__in=digests).order_by("-at"))
        mailings = self.mailings(left)
        return {
            "channels": [self.channel(row, channel) for channel in Channel],
            "words": [self.word(word) for word in words.select_related("by").order_by("-id")[:_SHOWN]],
            "suppressions": [
                {
                    "row": one,
                    "scope": names.get(one.scope, _("Toute prospection")),
                    "channel": Channel(one.channel).label,
                    "from_mailing": one.mailing_key is not None,
                    "mailing": mailings.get(one.mailing_key),
                }
                for one in left
            ],
            "word_form": WordForm(initial={"channel": Channel.EMAIL}),
        }

    def mailings(self, left: list[Suppression]) -> dict[int | None, dict[str, str]]:
        """The mailings that came back, of those that this person may read."""
        keys = {one.mailing_key for one in left} - {None}
        readable = resource_of(Mailing)
        rows = readable.rows(self.user, Level.READ).filter(pk__in=keys) if keys else ()
        return {row.pk: {"name": str(row), "url": readable.url("record", row.pk)} for row in rows}

    def address(self, row: Contact) -> dict[str, str]:
        return {channel: address_of(row, channel) for channel in Channel}

    def channel(self, row: Contact, channel: Channel) -> dict[str, Any]:
        [facts] = facts_of([row], channel)
        verdict = judge(facts, Purpose.PROSPECTING, on=timezone.localdate())
        return {"label": channel.label, "address": facts.address, "allowed": verdict.allowed, "why": verdict.why}

    def word(self, word: Consent) -> dict[str, Any]:
        proof = word.proof.get("text", "") if isinstance(word.proof, dict) else ""
        return {"word": word, "proof": proof, "granted": word.status == ConsentStatus.GRANTED}

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        self.level = Level.WRITE
        self.check(request)
        row: Any = self.row()
        form = WordForm(request.POST)
        if form.is_valid():
            data = form.cleaned_data
            address = self.address(row)[data["channel"]]
            if address:
                self.keep(row, address, data)
                messages.success(request, _("C’est noté au registre des consentements."))
                return redirect(self.resource.url("prospecting", row.pk) + self.trail)
            form.add_error("channel", _("La fiche n’a pas d’adresse pour cette voie : ajoutez-la d’abord."))
        return self.page(row, word_form=form)

    def keep(self, row: Contact, address: str, data: dict[str, Any]) -> None:
        proof = {"text": data["proof"]} if data["proof"] else {}
        common: dict[str, Any] = {
            "channel": data["channel"], "address": address, "source": data["source"], "contact": row, "by": self.user,
        }  # fmt: skip
        if data["status"] == ConsentStatus.GRANTED:
            on = {"on": data["on"].isoformat()} if data["on"] else {}
            record_consent(**common, proof={**proof, "wording": data["wording"], **on}, wording=data["wording"])
        else:
            withdraw(**common, proof=proof)
