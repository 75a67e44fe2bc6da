"""« Exporter » and « Imprimer »: what the list shows, or the rows ticked in it, out of the instance, recorded (R02)."""

import hashlib
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.actions.bulk import MAX_ROWS, pks_of
from core.display import number
from core.exporting import files, printing, sending
from core.exporting.plan import Plan
from core.exporting.recording import Outcome, Way, demand, finish, origin_of
from core.views.panel import PanelView

STREAMED = 20_000  # rows of a file made while the person waits; beyond, a job makes it
PRINTED = 5_000
COUNTED = 100_000  # rows counted for the form


class ColumnsForm(forms.Form):
    columns = forms.ChoiceField(
        label=gettext_lazy("Colonnes"),
        choices=[("shown", gettext_lazy("Celles de la liste, dans leur ordre")), ("all", gettext_lazy("Toutes"))],
        widget=forms.RadioSelect,
        initial="shown",
    )


class ExportForm(ColumnsForm):
    format = forms.ChoiceField(
        label=gettext_lazy("Format"),
        choices=[("xlsx", gettext_lazy("Excel (.xlsx)")), ("csv", gettext_lazy("CSV, pour un autre logiciel"))],
        widget=forms.RadioSelect,
        initial="xlsx",
    )
    field_order = ("format", "columns")


class ExportView(PanelView):
    """GET: the form about the whole list. POST: the file, or the job that makes it. `ids`: only these rows."""

    form_class: type[ColumnsForm] = ExportForm
    title, icon, verb, page = gettext_lazy("Exporter"), "download", gettext_lazy("Télécharger"), "export"

    def check(self, request: HttpRequest) -> None:
        super().check(request)
        demand(self.resource, request.user)  # type: ignore[arg-type]

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.ask(None, self.form_class())

    def post(self, request: HttpRequest) -> HttpResponseBase:
        pks = pks_of(request.POST.getlist("ids")) if "ids" in request.POST else None
        form = self.form_class(request.POST)
        if not form.is_valid():
            return self.ask(pks, form)
        if pks is not None and len(pks) > MAX_ROWS:
            return self.refuse(
                _("Au plus %s lignes choisies à la fois : prenez plutôt toute la liste.") % number(MAX_ROWS)
            )
        plan = Plan(self.resource, self.user, request.GET, pks, everything=form.cleaned_data["columns"] == "all")
        count = plan.count(STREAMED)
        if not count:
            return self.refuse(_("Rien à sortir : aucune ligne ne correspond."))
        return self.send(plan, count, form)

    def send(self, plan: Plan, count: int, form: ColumnsForm) -> HttpResponseBase:
        if count > STREAMED:
            job = files.ask(plan, format=form.cleaned_data["format"], origin=origin_of(self.request))
            return redirect("job", job.pk)
        return sending.answer(plan, form.cleaned_data["format"], origin_of(self.request))

    def refuse(self, text: str) -> HttpResponse:
        messages.warning(self.request, text)
        return self.to_list()

    def ask(self, pks: frozenset[int] | None, form: ColumnsForm) -> HttpResponse:
        """The form, with how many rows it is about and which."""
        asked = self.asked(Plan(self.resource, self.user, self.request.GET, pks), form)
        if pks is not None and not asked["count"]:
            return self.refuse(_("Rien à sortir : aucune ligne n’est choisie, ou elles n’existent plus."))
        return self.panel("core/_export.html", str(self.title), asked)

    def asked(self, plan: Plan, form: ColumnsForm) -> dict[str, Any]:
        count = plan.count(COUNTED)
        return {
            "form": form,
            "icon": self.icon,
            "verb": self.verb,
            "count": count,
            "count_label": number(COUNTED) + "+" if count > COUNTED else number(count),
            "left_out": 0 if plan.pks is None else len(plan.pks) - count,
            "words": plan.words,
            "notices": plan.listing.notices,
            "ids": None if plan.pks is None else ",".join(str(pk) for pk in sorted(plan.pks)),
            "action_url": f"{self.resource.url(self.page)}?{self.request.GET.urlencode()}",
            "by_job": self.page == "export" and count > STREAMED,
        }


class PrintView(ExportView):
    """The rows as a page made for paper."""

    form_class = ColumnsForm
    title, icon, verb, page = gettext_lazy("Imprimer"), "printer", gettext_lazy("Préparer la page"), "print-list"

    def send(self, plan: Plan, count: int, form: ColumnsForm) -> HttpResponse:
        if count > PRINTED:
            return self.refuse(
                _("Au plus %s lignes à imprimer : resserrez les filtres, ou exportez.") % number(PRINTED)
            )
        extraction = sending.recorded(plan, way=Way.PRINT, format="html", origin=origin_of(self.request))
        body, rows = printing.body(plan)
        context = {
            "resource": self.resource,
            "columns": [(out.label, "num" if out.kind == "number" else "") for out in plan.columns],
            "body": body,
            "count": rows,
            "words": plan.words,
            "by": self.user.get_full_name(),
            "at": timezone.now(),
            "back_url": self.list_url(),
        }
        response = render(self.request, "core/print_list.html", context)
        digest = hashlib.sha256(response.content).hexdigest()
        finish(extraction, outcome=Outcome.COMPLETE, rows=rows, size=len(response.content), sha256=digest)
        response["Cache-Control"] = "private, no-store"
        return response
