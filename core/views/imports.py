"""Importing: send a file, read what it would do, confirm, undo; the past imports."""

from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.accounts.access import Level
from core.display import number
from core.importing import actions, tasks
from core.importing.reach import batches_for
from core.importing.reading import FileError
from core.models import ImportBatch, ImportState
from core.models.imports import AT_WORK
from core.registry import registry
from core.resource import Resource
from core.views.base import InstanceView, ResourceView

_LISTED = 200  # the newest imports; older ones are found from the history of their rows
_SHOWN_AS = {ImportState.UNDOING: "running"}


class UploadForm(forms.Form):
    file = forms.FileField(
        label=gettext_lazy("Fichier CSV"),
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,text/csv"}),
        allow_empty_file=True,  # the reader says it better
        max_length=200,
    )

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > settings.IMPORT_MAX_BYTES:
            raise forms.ValidationError(
                _("Ce fichier est trop gros (%(size)s, au plus %(max)s ici) : coupez-le en plusieurs fichiers.")
                % {"size": megabytes(file.size), "max": megabytes(settings.IMPORT_MAX_BYTES)}
            )
        return file


def megabytes(size: int) -> str:
    """A size in bytes, for people."""
    return _("%s Mo") % number(max(1, round(size / 1024 / 1024)))


class UploadView(ResourceView):
    level = Level.WRITE

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.show(UploadForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        form = UploadForm(request.POST, request.FILES)
        if form.is_valid():
            file = form.cleaned_data["file"]
            try:
                batch = actions.receive(self.resource, file, file.name, by=request.user)  # type: ignore[arg-type]
            except FileError as error:
                form.add_error("file", str(error))
            else:
                tasks.check.delay_on_commit(batch.pk)
                return redirect("import-batch", batch.pk)
        return self.show(form)

    def show(self, form: UploadForm) -> HttpResponse:
        formats = self.resource.importer.formats if self.resource.importer else ()
        context = {
            "resource": self.resource,
            "form": form,
            "formats": [{"label": format_.label, "hint": format_.hint} for format_ in formats],
            "max_label": megabytes(settings.IMPORT_MAX_BYTES),
            "cancel_url": self.resource.list_url,
        }
        return render(self.request, "core/import_upload.html", context)


class ImportsView(InstanceView):
    """Every batch of the lists that this person may fill."""

    def check(self, request: HttpRequest) -> None:
        self.resources = writable(request)

    def get(self, request: HttpRequest) -> HttpResponse:
        batches = batches_for(self.resources, request.user).select_related("actor").defer("lines")  # type: ignore[arg-type]
        first = next(iter(self.resources.values()))
        context = {"batches": [self.item(batch) for batch in batches[:_LISTED]], "import_url": first.import_url}
        return render(request, "core/imports.html", context)

    def item(self, batch: ImportBatch) -> dict[str, Any]:
        return {
            "url": reverse("import-batch", args=[batch.pk]),
            "filename": batch.filename,
            "label": self.resources[batch.resource].label_plural,
            "state": _SHOWN_AS.get(ImportState(batch.state), batch.state),
            "counts": counts(batch),
            "actor": batch.actor,
            "at": batch.sent_at,
        }


class BatchView(InstanceView):
    """A batch: the page, and the part of it that htmx asks for while the work goes on."""

    def check(self, request: HttpRequest) -> None:
        resources = writable(request)
        self.batch = get_object_or_404(batches_for(resources, request.user), pk=self.kwargs["pk"])  # type: ignore[arg-type]
        self.resource = resources[self.batch.resource]

    def get(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        self.batch = actions.notice_crash(self.batch)
        partial = request.htmx and request.htmx.request_type == "partial"  # type: ignore[attr-defined]
        template = "core/import_report.html#report" if partial else "core/import_report.html"
        response = render(request, template, self.context())
        patch_vary_headers(response, ["HX-Request-Type"])
        return response

    def context(self) -> dict[str, Any]:
        batch = self.batch
        return {
            "resource": self.resource,
            "imports_url": reverse("imports"),
            "upload_url": self.resource.import_url,
            "poll_url": reverse("import-batch", args=[batch.pk]) if batch.state in AT_WORK else "",
            "batch": {
                "label": f"{self.resource.label_plural} · {batch.format_label}",
                "filename": batch.filename,
                "state": _SHOWN_AS.get(ImportState(batch.state), batch.state),
                "doing": _("Annulation de l’import en cours…") if batch.state == ImportState.UNDOING else "",
                "progress": actions.progress(batch) if batch.state in AT_WORK else 100,
                "counts": counts(batch),
                "lines": batch.lines,
                "warnings": [*batch.notices, *batch.warnings],
                "error": batch.error,
                **self.addresses(),
            },
        }

    def addresses(self) -> dict[str, str]:
        batch, changes = self.batch, self.batch.created + self.batch.updated
        return {
            "commit_url": self.address("commit") if batch.state == ImportState.READY and changes else "",
            "undo_url": self.address("undo") if batch.state == ImportState.DONE and changes else "",
            "refused_url": self.address("refused") if batch.refused and batch.refused_file else "",
            "list_url": self.resource.list_url,
        }

    def address(self, verb: str) -> str:
        return reverse(f"import-{verb}", args=[self.batch.pk])


class CommitView(BatchView):
    """« Importer N lignes ». A second click finds the work already asked, and only shows it."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        return redirect("import-batch", pk)

    def post(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        if actions.ask(self.batch, before=ImportState.READY, after=ImportState.RUNNING):
            tasks.commit.delay_on_commit(pk, request.user.pk)
        return redirect("import-batch", pk)


class UndoView(CommitView):
    """« Annuler cet import »."""

    def post(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        if actions.ask(self.batch, before=ImportState.DONE, after=ImportState.UNDOING):
            tasks.take_back.delay_on_commit(pk, request.user.pk)
        return redirect("import-batch", pk)


class RefusedView(BatchView):
    """The refused lines as a CSV file."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        if not self.batch.refused_file:
            raise Http404
        name = f"refus-{self.batch.filename.removesuffix('.csv')}.csv"
        file = self.batch.refused_file.open("rb")
        return FileResponse(file, as_attachment=True, filename=name, content_type="text/csv; charset=utf-8")


def writable(request: HttpRequest) -> dict[str, type[Resource]]:
    """The lists that this person may import into, by label. Raises PermissionDenied when there is none."""
    found = {
        resource.key(): resource
        for resource in registry
        if resource.importer and resource.may(request.user, Level.WRITE)  # type: ignore[arg-type]
    }
    if not found:
        raise PermissionDenied
    return found


def counts(batch: ImportBatch) -> dict[str, int]:
    return {name: getattr(batch, name) for name in ("created", "updated", "skipped", "refused", "total")}
