"""How templates and mailings are shown and changed."""

from collections.abc import Mapping
from typing import Any

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.accounts.access import Level
from core.accounts.models import User
from core.fields import LookupField
from core.filters import Facet, PersonFacet
from core.forms import ResourceForm
from core.models import SavedView
from core.registry import register
from core.resource import Badge, Col, Look, Resource, View
from crm import following  # noqa: F401 - from here on, mailings follow their mails
from crm.models import Mailing, MailingList, MailTemplate
from crm.models.mailing import MailingState
from crm.prospecting import Purpose
from crm.writing import check_images, check_variables, safe_html

# What it says and to whom it goes: fixed from the moment that it is scheduled. Once over, neither does it go slower.
_SAID = frozenset(
    {"subject", "text", "html", "purpose", "mailing_list", "similar_products", "segment", "template"}
)  # fmt: skip
_OVER = frozenset({MailingState.SENT, MailingState.CANCELLED})
_BIG, _CODE = forms.Textarea(attrs={"rows": 14}), forms.Textarea(attrs={"rows": 6, "spellcheck": "false"})


class WritesMail:
    """Of a form with a subject, a text and its HTML."""

    cleaned_data: dict[str, Any]
    fields: dict[str, Any]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "html" in self.fields:
            self.fields["html"].help_text = _(
                "Facultatif : sans elle, le texte est mis en paragraphes. Ce qui est dangereux en est retiré ; une "
                "image s’affiche si son adresse commence par « https:// »."
            )

    def clean_subject(self) -> str:
        return check_variables(" ".join(self.cleaned_data["subject"].split()))

    def clean_text(self) -> str:
        return check_variables(self.cleaned_data["text"])

    def clean_html(self) -> str:
        return safe_html(check_images(check_variables(self.cleaned_data["html"])))


class MailTemplateForm(WritesMail, ResourceForm):
    class Meta:
        model = MailTemplate
        fields = ["name", "subject", "text", "html"]
        widgets = {"text": _BIG, "html": _CODE}


@register
class MailTemplateResource(Resource):
    model = MailTemplate
    look = Look(icon="file-text", subtitle=("subject",), search_hint=gettext_lazy("Nom, objet…"))
    columns = (
        Col("name", link=True, sort=True),
        Col("subject"),
        Col("updated_at", label=gettext_lazy("Modifié"), sort=True),
    )
    form = MailTemplateForm

    @classmethod
    def tabs(cls, user: User) -> list[tuple[str, str]]:
        return [("preview", _("Aperçu"))]

    @classmethod
    def pages(cls) -> dict[str, tuple[str, Any]]:
        from crm.views import mail_preview

        return {
            **super().pages(),
            "preview": ("<int:pk>/preview/", mail_preview.PreviewView),
            "preview-html": ("<int:pk>/preview/html/", mail_preview.HtmlView),
        }


class MailingFilters(django_filters.FilterSet):
    state = Facet(choices=MailingState, label=gettext_lazy("État"), icon="circle-check")
    purpose = Facet(choices=Purpose, label=gettext_lazy("Finalité"), icon="tag")
    owner = PersonFacet(label=gettext_lazy("Responsable"))

    class Meta:
        model = Mailing
        fields = ["state", "purpose", "owner"]


class MailingForm(WritesMail, ResourceForm):
    template = LookupField(MailTemplate, label=gettext_lazy("Modèle"), required=False)

    fieldsets = (
        (gettext_lazy("Quoi"), ("name", "purpose", "mailing_list", "similar_products")),
        (gettext_lazy("À qui"), ("segment", "per_hour", "owner")),
        (gettext_lazy("Message"), ("template", "subject", "text", "html")),
    )

    class Meta:
        model = Mailing
        fields = [
            "name", "purpose", "mailing_list", "similar_products", "segment", "per_hour", "owner", "template",
            "subject", "text", "html",
        ]  # fmt: skip
        widgets = {"text": _BIG, "html": _CODE}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        if "template" in fields:
            fields["template"].help_text = _("Donne l’objet et le texte s’ils sont laissés vides.")
        if "segment" in fields:
            views = SavedView.objects.filter(resource="crm.contact")
            fields["segment"].queryset = views.visible_to(self.user) | views.filter(pk=self.instance.segment_id)
        if "mailing_list" in fields:
            fields["mailing_list"].help_text = _(
                "Pour la prospection : ce que les destinataires peuvent quitter sans quitter le reste. Une information "
                "de service n’en a pas."
            )
            lists = MailingList.objects.all()
            kept = lists.filter(pk=self.instance.mailing_list_id)
            fields["mailing_list"].queryset = lists.filter(archived=False) | kept
            if self.instance._state.adding and not self.is_bound:
                self.initial.setdefault(
                    "mailing_list", lists.filter(archived=False).values_list("pk", flat=True).first()
                )
        if self.instance._state.adding:
            self.initial.setdefault("owner", self.user.pk)

    def clean(self):
        data = super().clean() or {}
        if self.instance.pk and MailingResource.fixed(self.instance) & set(self.changed_data):
            said = _("Cet envoi est « %s » : son texte et ses destinataires ne changent plus.")
            if self.instance.state == MailingState.SCHEDULED:
                said += " " + _("Il redevient un brouillon depuis sa fiche.")
            raise ValidationError(said % self.instance.get_state_display().lower())
        if data.get("purpose") == Purpose.SERVICE:
            data["mailing_list"] = None
        template = data.get("template")
        if template is not None and not data.get("subject") and not data.get("text"):
            data.update(subject=template.subject, text=template.text, html=data.get("html") or template.html)
        return data


class MailingBulkForm(ResourceForm):
    class Meta:
        model = Mailing
        fields = ["owner"]


@register
class MailingResource(Resource):
    model = Mailing
    look = Look(
        icon="send",
        subtitle=("subject",),
        side=("scheduled_at",),
        badge=Badge(
            "state",
            {"scheduled": "info", "sending": "info", "paused": "warn", "sent": "good", "cancelled": "neutral"},
        ),
        search_hint=gettext_lazy("Nom, objet…"),
    )
    columns = (
        Col("name", link=True, sort=True),
        Col("state"),
        Col("purpose"),
        Col("segment"),
        Col("scheduled_at"),
        Col("owner"),
        Col("created_at", label=gettext_lazy("Créé"), sort=True),
        Col("updated_at", label=gettext_lazy("Modifié"), sort=True),
    )
    filters = MailingFilters
    form = MailingForm
    bulk_form = MailingBulkForm
    views = (
        View(gettext_lazy("Tous")),
        View(gettext_lazy("Brouillons"), {"state": "draft"}),
        View(gettext_lazy("Envoyés"), {"state": "sent"}),
    )

    @classmethod
    def fixed(cls, row: Any) -> frozenset[str]:
        if row.state == MailingState.DRAFT:
            return frozenset()
        return _SAID | {"per_hour"} if row.state in _OVER else _SAID

    @classmethod
    def tabs(cls, user: User) -> list[tuple[str, str]]:
        return [("recipients", _("Destinataires")), ("preview", _("Aperçu"))]

    @classmethod
    def pages(cls) -> dict[str, tuple[str, Any]]:
        from crm.views import mail_preview, mailings

        return {
            **super().pages(),
            "recipients": ("<int:pk>/recipients/", mailings.RecipientsView),
            "preview": ("<int:pk>/preview/", mail_preview.PreviewView),
            "preview-html": ("<int:pk>/preview/html/", mail_preview.HtmlView),
            "test": ("<int:pk>/test/", mailings.TestView),
            "departure": ("<int:pk>/departure/", mailings.DepartureView),
            "step": ("<int:pk>/step/", mailings.StepView),
        }

    @classmethod
    def banner(cls, row: Any, user: User, can: Mapping[str, bool]) -> dict[str, Any] | None:
        from crm.actions.mailings import missing
        from crm.statistics import figures_of

        draft = row.state == MailingState.DRAFT
        return {
            "template": "crm/_mailing_banner.html",
            "row": row,
            "state": row.state,
            "missing": missing(row) if draft else [],
            "figures": None if draft else figures_of(row),
            "can": can["edit"],
            "manages": user.may("crm", Level.MANAGE),
            "departure_url": cls.url("departure", row.pk),
            "step_url": cls.url("step", row.pk),
            "recipients_url": cls.url("recipients", row.pk),
        }
