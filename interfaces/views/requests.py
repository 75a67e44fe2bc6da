"""The register of written requests: its list, a request, its draft, and what ends it."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import OuterRef, Subquery
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.attachments.kinds import KINDS, kind_of
from core.attachments.sending import PDF_POLICY
from core.csp import HEADER
from core.registry import registry
from interfaces import actions
from interfaces.countries import NAMES
from interfaces.forms import RequestForm, RevocationForm, choices, label_of_field
from interfaces.models import ApiKey, Call, RequestedResource, WrittenRequest
from interfaces.views.base import InterfaceView, state_of, with_use
from interfaces.views.keys import takes_forms

_PAGE = 50
REFUSALS = {
    "fields": gettext_lazy("Champ hors de la demande"),
    "resource": gettext_lazy("Liste hors de la demande"),
    "address": gettext_lazy("Adresse hors de la demande"),
    "reading": gettext_lazy("Lecture hors de la demande"),
    "writing": gettext_lazy("Écriture hors de la demande"),
    "deletion": gettext_lazy("Suppression hors de la demande"),
    "rate": gettext_lazy("Trop de requêtes"),
    "key_revoked": gettext_lazy("Clé révoquée"),
    "key_expired": gettext_lazy("Clé expirée"),
    "request_revoked": gettext_lazy("Demande révoquée"),
    "request_ended": gettext_lazy("Demande expirée"),
    "request_draft": gettext_lazy("Demande pas encore en vigueur"),
    "origin": gettext_lazy("Envoyé d’un autre site"),
    "trap": gettext_lazy("Envoyé par un programme"),
    "other": gettext_lazy("Refusé par la fiche ou l’adresse"),
}


class RequestsView(InterfaceView):
    def get(self, request: HttpRequest) -> HttpResponse:
        found = [{"request": one, "state": state_of(one)} for one in with_use(WrittenRequest.objects.all())[:500]]
        return render(request, "interfaces/list.html", {"requests": found})


class RequestView(InterfaceView):
    """What was asked and by whom, its keys, its webhooks, and the journal of its calls."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self.show(self.asked())

    def show(self, asked: WrittenRequest, errors: list[str] | None = None) -> HttpResponse:
        calls = Call.objects.filter(request=asked).select_related("key").order_by("-id")
        before, refused = self.request.GET.get("before", ""), "refused" in self.request.GET
        if before.isascii() and before.isdigit() and len(before) < 19:
            calls = calls.filter(pk__lt=int(before))
        if refused:
            calls = calls.exclude(refusal="")
        found = list(calls[: _PAGE + 1])
        context = {
            "asked": asked,
            "state": state_of(asked),
            "in_force": asked.is_in_force(),
            "country": NAMES.get(asked.country, asked.country),
            "resources": [told(one) for one in asked.resources.all()],
            "keys": keys_of(asked),
            "webhooks": list(asked.webhooks.all()),
            "takes_forms": takes_forms(asked),
            "calls": [{"call": call, "refusal": REFUSALS.get(call.refusal, call.refusal)} for call in found[:_PAGE]],
            "more": found[_PAGE - 1].pk if len(found) > _PAGE else None,
            "refused_only": refused,
            "errors": errors or [],
        }
        return render(self.request, "interfaces/request.html", context)


def told(one: RequestedResource) -> dict[str, Any]:
    """A list of a request, in people's words."""
    resource = registry.by_label.get(one.resource)
    if resource is None:
        return {"label": one.resource, "one": one, "read": one.read, "written": one.written, "sensitive": False}
    return {
        "label": resource.label_plural,
        "icon": resource.look.icon,
        "one": one,
        "read": [label_of_field(resource, name) for name in one.read],
        "written": [label_of_field(resource, name) for name in one.written],
        "sensitive": bool({*one.read, *one.written} & set(resource.sensitive)),
        "url": f"/api{resource.list_url}",
    }


def keys_of(asked: WrittenRequest) -> list[ApiKey]:
    """With the moment of the last call of each (`last`), the newest first. One query."""
    last = Call.objects.filter(key=OuterRef("pk")).order_by("-id").values("at")[:1]
    return list(asked.keys.annotate(last=Subquery(last)).order_by("-id"))


class EditorView(InterfaceView):
    """A new request, or a draft: the facts of the document, and the fields that it names."""

    def kept(self) -> WrittenRequest:
        return WrittenRequest()

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        return self.show(RequestForm(instance=self.kept()))

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        form = RequestForm(request.POST, request.FILES, instance=self.kept())
        offered = self.offered(form, request.POST)
        valid = form.is_valid()
        for choice in offered:
            choice.check(form.cleaned_data.get("direction", "") if valid else request.POST.get("direction", ""))
        errors = [error for choice in offered for error in choice.errors]
        chosen = [choice for choice in offered if choice.chosen]
        if not chosen:
            errors.append(_("Cochez les champs que la demande écrite nomme : au moins un."))
        for error in errors:
            form.add_error(None, error)
        if not form.is_valid():
            return self.show(form, offered)
        saved = actions.save_request(form.save(commit=False), [choice.made() for choice in chosen])
        messages.success(request, _("La demande est gardée en brouillon : relisez-la, puis mettez-la en vigueur."))
        return self.to(saved)

    def offered(self, form: RequestForm, data: Any = None) -> list[Any]:
        kept = list(form.instance.resources.all()) if form.instance.pk else []
        return choices(self.user, kept, data)

    def show(self, form: RequestForm, offered: list[Any] | None = None) -> HttpResponse:
        asked = form.instance if form.instance.pk else None
        context = {
            "form": form,
            "offered": offered if offered is not None else self.offered(form),
            "asked": asked,
            "back_url": reverse("interface", args=[asked.pk]) if asked else reverse("interfaces"),
        }
        return render(self.request, "interfaces/form.html", context)


class DraftView(EditorView):
    """Only a draft is changed: what is in force is signed."""

    def kept(self) -> WrittenRequest:
        found = self.asked()
        if not found.is_draft:
            raise Http404
        return found


class ActivationView(RequestView):
    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        return redirect("interface", pk)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        asked = self.asked()
        try:
            actions.put_in_force(asked, by=self.user)
        except ValidationError as error:
            return self.show(asked, error.messages)
        messages.success(request, _("La demande est en vigueur. Créez maintenant une clé, ou un envoi automatique."))
        return self.to(asked)


class RevocationView(InterfaceView):
    """Asked why, then dead at once."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self.ask(self.asked(), RevocationForm())

    def ask(self, asked: WrittenRequest, form: RevocationForm) -> HttpResponse:
        if not asked.is_in_force():
            return self.to(asked)
        context = {"asked": asked, "form": form, "live": sum(key.revoked_at is None for key in asked.keys.all())}
        return render(self.request, "interfaces/revoke.html", context)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        asked, form = self.asked(), RevocationForm(request.POST)
        if not form.is_valid():
            return self.ask(asked, form)
        try:
            actions.revoke(asked, reason=form.cleaned_data["reason"], by=self.user)
        except ValidationError as error:
            messages.warning(request, " ".join(error.messages))
            return self.to(asked)
        messages.success(request, _("La demande est révoquée : ses clés ne servent plus, plus rien ne sort."))
        return self.to(asked)


class DeletionView(RequestView):
    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        return redirect("interface", pk)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        asked = self.asked()
        try:
            actions.discard_draft(asked)
        except ValidationError as error:
            return self.show(asked, error.messages)
        messages.success(request, _("Le brouillon est supprimé."))
        return redirect("interfaces")


class DocumentView(InterfaceView):
    """The signed document, as it was received."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        asked = self.asked()
        try:
            content = asked.document.open("rb")
        except FileNotFoundError as error:
            raise Http404 from error
        kind = KINDS[kind_of(content.file, "")]
        content.seek(0)
        answer = FileResponse(content, filename=asked.document_name, content_type=kind.mime)
        answer[HEADER] = PDF_POLICY if kind is KINDS["pdf"] else f"{PDF_POLICY}; sandbox"
        answer["X-Content-Type-Options"] = "nosniff"
        answer["Cross-Origin-Resource-Policy"] = "same-origin"
        answer["Cache-Control"] = "private, no-store"
        answer["Content-Encoding"] = "identity"
        return answer
