"""Importing: send a file, read what it would do, confirm, undo; the past imports."""

from pathlib import PurePath
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_htmx.http import HttpResponseClientRedirect

from core.accounts.access import Level
from core.display import number
from core.htmx import wants_partial
from core.importing import actions, jobs
from core.importing.outcomes import LETTERS, page_of
from core.importing.reach import batches_for
from core.importing.reading import FileError
from core.importing.targets import targets
from core.jobs.actions import sees_all
from core.models import ImportBatch, ImportState
from core.models.imports import AT_WORK
from core.registry import registry
from core.resource import Resource
from core.uploads import refused_size
from core.views.base import InstanceView, ResourceView

_LISTED = 200  # the newest imports; older ones are found from the history of their rows
_LINES = 100  # on a page of the result
_SHOWN_AS = {ImportState.UNDOING: "running"}
_MAPPABLE = (ImportState.READY, ImportState.FAILED)
_WITH_LINES = (ImportState.READY, ImportState.DONE, ImportState.UNDONE)


class UploadForm(forms.Form):
    file = forms.FileField(
        label=gettext_lazy("Fichier CSV, Excel ou vCard"),
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,.txt,.tsv,.xlsx,.ods,.vcf,text/csv,text/vcard"}),
        allow_empty_file=True,  # the reader says it better
        max_length=200,
    )

    def __init__(self, *args: Any, dropped: int = 0, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.dropped = dropped  # bytes of a file that was too large to be kept at all
        self.fields["file"].widget.attrs["data-max"] = settings.IMPORT_MAX_BYTES
        self.fields["file"].required = not dropped

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        size = self.dropped or file.size
        if size > settings.IMPORT_MAX_BYTES:
            raise forms.ValidationError(
                _("Ce fichier est trop gros (%(size)s, au plus %(max)s ici) : coupez-le en plusieurs fichiers.")
                % {"size": megabytes(size), "max": megabytes(settings.IMPORT_MAX_BYTES)}
            )
        return file


def megabytes(size: int) -> str:
    """A size in bytes, for people."""
    return _("%s Mo") % number(max(1, round(size / 1024 / 1024)))


class UploadView(ResourceView):
    level = Level.WRITE
    upload_setting = "IMPORT_MAX_BYTES"

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.show(UploadForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        form = UploadForm(request.POST, request.FILES, dropped=refused_size(request))
        if form.is_valid():
            file = form.cleaned_data["file"]
            try:
                batch = actions.receive(self.resource, file, file.name, by=self.user)
            except FileError as error:
                form.add_error("file", str(error))
            else:
                if batch.state == ImportState.CHECKING:
                    jobs.start(jobs.CHECK, batch, by=self.user)
                return redirect(address_of(batch))
        return self.show(form)

    def show(self, form: UploadForm) -> HttpResponse:
        formats = self.resource.importer.formats if self.resource.importer else ()
        context = {
            "resource": self.resource,
            "form": form,
            "formats": [{"label": format_.label, "hint": format_.hint} for format_ in formats],
            "fields": [target.label for target in targets(self.resource, self.user)],
            "max_label": megabytes(settings.IMPORT_MAX_BYTES),
            "cancel_url": self.resource.list_url,
        }
        return render(self.request, "core/import_upload.html", context)


def address_of(batch: ImportBatch) -> str:
    """The page of a batch: its columns while they are to be mapped, then its result."""
    return reverse("import-columns" if batch.state == ImportState.MAPPING else "import-batch", args=[batch.pk])


class ImportsView(InstanceView):
    """Every batch of the lists that this person may fill."""

    def check(self, request: HttpRequest) -> None:
        self.resources = writable(request)

    def get(self, request: HttpRequest) -> HttpResponse:
        batches = batches_for(self.resources, request.user).select_related("actor", "job").defer("lines", "preview")  # type: ignore[arg-type]
        first = next(iter(self.resources.values()))
        context = {"batches": [self.item(batch) for batch in batches[:_LISTED]], "import_url": first.import_url}
        return render(request, "core/imports.html", context)

    def item(self, batch: ImportBatch) -> dict[str, Any]:
        batch = actions.settle(batch)
        return {
            "url": address_of(batch),
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
        self.batch = get_object_or_404(
            batches_for(resources, self.user).select_related("job", "actor"), pk=self.kwargs["pk"]
        )
        self.resource = resources[self.batch.resource]
        self.batch = actions.settle(self.batch)

    def get(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        partial = wants_partial(request)
        if self.batch.state == ImportState.MAPPING:
            address = address_of(self.batch)
            return HttpResponseClientRedirect(address) if partial else redirect(address)
        template = "core/import_report.html#report" if partial else "core/import_report.html"
        response = render(request, template, self.context())
        patch_vary_headers(response, ["HX-Request-Type"])
        return response

    def context(self) -> dict[str, Any]:
        batch, at_work = self.batch, self.batch.state in AT_WORK
        return {
            "resource": self.resource,
            "imports_url": reverse("imports"),
            "upload_url": self.resource.import_url,
            "poll_url": reverse("import-batch", args=[batch.pk]) if at_work else "",
            "cancel_url": self.cancel_url() if at_work else "",
            "batch": {
                "label": f"{self.resource.label_plural} · {batch.format_label}",
                "filename": batch.filename,
                "state": _SHOWN_AS.get(ImportState(batch.state), batch.state),
                "doing": _("Annulation de l’import en cours…") if batch.state == ImportState.UNDOING else "",
                "progress": batch.job.percent if at_work and batch.job else None,
                "told": batch.job.message if at_work and batch.job else "",
                "counts": counts(batch),
                "warnings": [*batch.notices, *batch.warnings],
                "error": batch.error,
                **self.lines(),
                **self.addresses(),
            },
        }

    def cancel_url(self) -> str:
        """For who may cancel the job, unless that is asked already."""
        job = self.batch.job
        mine = job is not None and (job.owner_id == self.user.pk or sees_all(self.user))
        return reverse("job-cancel", args=[job.pk]) if mine and job and job.cancel_asked_at is None else ""

    def lines(self) -> dict[str, Any]:
        """One page of what becomes of the lines, of one outcome or all."""
        batch, params = self.batch, self.request.GET
        wanted = params.get("outcome", "")
        wanted = wanted if wanted in (*LETTERS, "warned") else ""
        text = params.get("from", "")
        start = min(int(text), batch.total) if text.isascii() and text.isdigit() and len(text) < 10 else 0
        if not batch.report_file or batch.state not in _WITH_LINES:
            return {"lines": batch.lines, "filters": [], "newer_url": "", "older_url": ""}
        with batch.report_file.open("rb") as file:
            found, more = page_of(file, wanted, start, _LINES)
        here = reverse("import-batch", args=[batch.pk])

        def address(at: int) -> str:
            query = {"outcome": wanted, "from": str(at)} if wanted else {"from": str(at)}
            return f"{here}?{urlencode(query)}#lines-title"

        return {
            "lines": found,
            "wanted": wanted,
            "filters": self.filters(here, wanted),
            "before_url": address(max(0, start - _LINES)) if start else "",
            "after_url": address(start + _LINES) if more else "",
        }

    def filters(self, here: str, wanted: str) -> list[dict[str, Any]]:
        batch = self.batch
        entries = [
            ("", _("Toutes"), batch.total), ("created", _("Créées"), batch.created),
            ("updated", _("Modifiées"), batch.updated), ("skipped", _("Inchangées"), batch.skipped),
            ("refused", _("Refusées"), batch.refused), ("warned", _("Avec remarque"), None),
        ]  # fmt: skip
        return [
            {
                "label": label,
                "count": count,
                "url": f"{here}?outcome={name}#lines-title" if name else f"{here}#lines-title",
                "current": name == wanted,
            }
            for name, label, count in entries
            if count is None or count or not name
        ]

    def addresses(self) -> dict[str, str]:
        batch, changes = self.batch, self.batch.created + self.batch.updated
        return {
            "commit_url": self.address("commit") if batch.state == ImportState.READY and changes else "",
            "undo_url": self.address("undo") if batch.state == ImportState.DONE and changes else "",
            "refused_url": self.address("refused") if batch.refused and batch.refused_file else "",
            "list_url": self.resource.list_url,
            "columns_url": self.address("columns") if batch.preview and batch.state in _MAPPABLE else "",
        }

    def address(self, verb: str) -> str:
        return reverse(f"import-{verb}", args=[self.batch.pk])


class CommitView(BatchView):
    """« Importer N lignes ». A second click finds the work already asked, and only shows it."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        return redirect("import-batch", pk)

    def post(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        if actions.ask(self.batch, before=ImportState.READY, after=ImportState.RUNNING):
            jobs.start(jobs.COMMIT, self.batch, by=self.user)
        return redirect("import-batch", pk)


class UndoView(CommitView):
    """« Annuler cet import »."""

    def post(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        if actions.ask(self.batch, before=ImportState.DONE, after=ImportState.UNDOING):
            jobs.start(jobs.UNDO, self.batch, by=self.user)
        return redirect("import-batch", pk)


class RefusedView(BatchView):
    """The refused lines as a CSV file."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        if not self.batch.refused_file:
            raise Http404
        name = f"refus-{PurePath(self.batch.filename).stem}.csv"
        file = self.batch.refused_file.open("rb")
        return FileResponse(file, as_attachment=True, filename=name, content_type="text/csv; charset=utf-8")


def writable(request: HttpRequest) -> dict[str, type[Resource]]:
    """The lists that this person may import into, by label. Raises PermissionDenied when there is none."""
    found = {
        resource.key(): resource
        for resource in registry
        if resource.may(request.user, Level.WRITE)  # type: ignore[arg-type]
    }
    if not found:
        raise PermissionDenied
    return found


def counts(batch: ImportBatch) -> dict[str, int]:
    return {name: getattr(batch, name) for name in ("created", "updated", "skipped", "refused", "total")}
