"""What happens to a file that somebody sends: received, mapped, checked, committed, taken back.

What takes time is a job (core.importing.jobs); the command does the same at once.
"""

from collections.abc import Callable
from functools import partial
from pathlib import PurePath
from typing import Any

from django.core.files.base import File
from django.db import transaction
from django.db.models import Model
from django.utils import timezone
from django.utils.translation import gettext as _

from core import audit
from core.accounts.models import User
from core.importing import locks, passes, remembering
from core.importing import undo as undoing
from core.importing.engine import Progress
from core.importing.importer import Importer
from core.importing.passes import plain_file
from core.importing.plan import Plan
from core.importing.preview import first_plan, preview_of
from core.importing.reading import FileError, Layout, Source, open_source
from core.importing.report import Report, scratch
from core.models import ImportBatch, ImportState
from core.registry import registry
from core.resource import Resource
from core.text import clean


class Changed(Exception):
    """Other lines are refused now than when the file was checked. Nothing was written."""

    def __init__(self, report: Report, refused: Any, lines: Any) -> None:
        super().__init__()
        self.report, self.refused, self.lines = report, refused, lines


def resource_of(batch: ImportBatch) -> type[Resource]:
    return registry.by_label[batch.resource]


# --- received -----------------------------------------------------------------------------------------------------
def receive(
    resource: type[Resource], file: Any, filename: str, *, by: User | None, request_ref: str = ""
) -> ImportBatch:
    """Keep a file in the client's storage. Raises FileError when no pass could read it; nothing is kept then.

    `file`: a Django File. A known layout, or titles whose mapping is remembered, is ready for its check (`CHECKING`),
    which is the caller's to ask; other files wait for somebody to map them (`MAPPING`).
    """
    source = open_source(plain_file(file), file.size)
    batch = ImportBatch(
        resource=resource.key(), filename=clean(PurePath(filename.replace("\\", "/")).name)[-200:] or "import.csv",
        size=file.size, actor=by, request_ref=request_ref,
    )  # fmt: skip
    if resource.importer is not None and resource.importer.knows(source.header):
        _take_known(batch, resource.importer, source)
    else:
        _take_mapped(batch, resource, source)
    file.seek(0)
    batch.file.save("import", file, save=False)
    batch.save()
    return batch


def _take_known(batch: ImportBatch, importer: type[Importer], source: Source) -> None:
    read = {name.casefold() for format_ in importer.formats for name in (*format_.required, *format_.optional)}
    for name in source.twice:
        if name.casefold() in read:
            raise FileError(
                _("La colonne « %s » figure deux fois dans la ligne de titres : gardez-en une seule.") % name[:80]
            )
    batch.format_label, batch.layout = importer(source.header).format.label, source.layout.as_json()


def _take_mapped(batch: ImportBatch, resource: type[Resource], source: Source) -> None:
    people = people_of(batch)
    batch.preview, batch.layout = preview_of(source, resource, people), source.layout.as_json()
    labels = {"xlsx": _("Classeur Excel"), "ods": _("Classeur OpenDocument"), "vcf": _("Carnet d’adresses")}
    batch.format_label = labels.get(source.layout.kind) or _("Fichier CSV")
    remembered = remembering.find(resource, source.header, batch.actor)
    batch.state = ImportState.MAPPING if remembered is None else ImportState.CHECKING
    plan = first_plan(batch.preview, resource, people) if remembered is None else remembered.fitted(source.header)
    batch.plan = plan.as_json()


def read_again(batch: ImportBatch, layout: Layout) -> None:
    """Read a file in another way: another line of titles, sheet, separator or encoding. Raises FileError."""
    with batch.file.open("rb") as file:
        _take_mapped(batch, resource_of(batch), open_source(plain_file(file), batch.size, layout))
    batch.state = ImportState.MAPPING
    batch.save()


def map_columns(batch: ImportBatch, plan: Plan, *, by: User, share: bool = False) -> bool:
    """Take what a person decided, remember it, and let the batch wait for its check. False when it is at work."""
    mappable = [ImportState.MAPPING, ImportState.READY, ImportState.FAILED]
    batches = ImportBatch.objects.filter(pk=batch.pk, state__in=mappable).exclude(preview={})
    asked = batches.update(state=ImportState.CHECKING, plan=plan.as_json(), notices=[], error="", job=None)
    if asked:
        remembering.keep(resource_of(batch), plan, by=by, share=share)
    return bool(asked)


def discard(batch: ImportBatch) -> None:
    """Forget a batch of which nothing was imported, with its files."""
    for field in (batch.file, batch.refused_file, batch.report_file):
        if field:
            field.delete(save=False)
    batch.delete()


# --- checked ------------------------------------------------------------------------------------------------------
def check_now(batch: ImportBatch, *, progress: Progress | None = None, heard: Callable | None = None) -> Report:
    """The dry run: nothing of the model is written. Its result is on the batch, unsaved. Raises FileError."""
    with scratch() as refused, scratch() as lines:
        report = passes.run(
            batch, resource_of(batch), people_of(batch), refused=refused, lines=lines, progress=progress, heard=heard
        )
        keep(batch, report, refused, lines)
    batch.state = ImportState.READY
    return report


def people_of(batch: ImportBatch, *others: User | None) -> list[User]:
    return [person for person in (batch.actor, *others) if person is not None]


def keep(batch: ImportBatch, report: Report, refused: Any, lines: Any) -> None:
    """Put what a pass found on the batch, without saving it. Former files go once the transaction has."""
    batch.take(report)
    for field, content in ((batch.refused_file, refused if batch.refused else None), (batch.report_file, lines)):
        if field:
            transaction.on_commit(partial(field.storage.delete, str(field.name)))
            field.name = ""
        if content is not None:
            content.seek(0)
            field.save("lines", File(content), save=False)


# --- committed ----------------------------------------------------------------------------------------------------
def ask(batch: ImportBatch, *, before: ImportState, after: ImportState) -> bool:
    """Move a batch from one state to the next, once: the second click of two gets False."""
    asked = ImportBatch.objects.filter(pk=batch.pk, state=before)
    return bool(asked.update(state=after, notices=[], job=None))


def commit_now(
    batch: ImportBatch, by: User | None, *, screen: str = "import-commit", progress: Progress | None = None
) -> None:
    """Write the valid lines of a checked batch, in one transaction. Raises Changed or FileError: nothing is written."""
    resource = resource_of(batch)
    with audit.by(by, screen=screen, operation=batch.operation), transaction.atomic():
        locks.one_at_a_time(batch.resource)
        _hold(batch)
        refused, lines = scratch(), scratch()
        report = passes.run(
            batch, resource, people_of(batch, by), writes=True, refused=refused, lines=lines, progress=progress
        )
        if report.mark != batch.refused_mark:
            raise Changed(report, refused, lines)
        keep(batch, report, refused, lines)
        batch.state, batch.done_at = ImportState.DONE, timezone.now()
        batch.save()


def changed_notice() -> str:
    return _(
        "Depuis la vérification, la base a changé : d’autres lignes seraient refusées. Rien n’a été importé. "
        "Relisez le résultat puis confirmez."
    )


# --- taken back ---------------------------------------------------------------------------------------------------
def take_back_now(batch: ImportBatch, by: User | None, *, screen: str = "import-undo") -> None:
    """Undo in one transaction. Raises undo.Entangled, with nothing written."""
    model = resource_of(batch).model
    others = ImportBatch.objects.filter(resource=batch.resource, state=ImportState.UNDONE)
    with audit.by(by, screen=screen, operation=f"undo:{batch.pk}"), transaction.atomic():
        locks.one_at_a_time(batch.resource)
        _hold(batch)
        undoing.undo(model, batch.operation, undone=others.values_list("pk", flat=True))
        batch.state = ImportState.UNDONE
        batch.save()


def entangled_message(error: undoing.Entangled, by: User | None) -> str:
    """Which rows keep an import from being undone, and what to do. Names only those that `by` may see."""
    resource = registry.by_label[error.model._meta.label_lower]
    seen = resource.rows(by) if by else resource.model._default_manager.all()
    rows: dict[int, Model] = seen.in_bulk(error.pks)
    names = [
        f"{resource.title(rows[pk])} (n° {pk})" if pk in rows else _("fiche n° %d, supprimée ou hors de votre vue") % pk
        for pk in error.pks
    ]
    more = _(" et %d autres") % (error.count - len(names)) if error.count > len(names) else ""
    return _(
        "Annulation impossible, rien n’a été changé : des fiches de cet import ont été modifiées ou rattachées à "
        "d’autres depuis (%(names)s%(more)s). Annulez d’abord les imports plus récents qui les touchent, ou corrigez "
        "ces fiches à la main."
    ) % {"names": ", ".join(names), "more": more}


# --- what became of the work --------------------------------------------------------------------------------------
def _hold(batch: ImportBatch) -> None:
    """Lock the batch; raise when somebody else moved it on in the meantime: the transaction must not commit."""
    if not ImportBatch.objects.select_for_update(of=("self",)).filter(pk=batch.pk, state=batch.state).exists():
        raise RuntimeError(f"import {batch.pk} is no longer {batch.state}")


def settle(batch: ImportBatch) -> ImportBatch:
    """Put back a batch whose job ended without it: refused, cancelled, or killed. Its words are the job's."""
    job, state = batch.job, ImportState(batch.state)
    if job is None or not job.is_finished or state not in _BACK:
        return batch
    seen = ImportBatch.objects.filter(pk=batch.pk, state=state, job=job)
    if state != ImportState.CHECKING:
        seen.update(state=_BACK[state], notices=[job.message])
    elif job.state == "cancelled" and batch.preview:
        seen.update(state=ImportState.MAPPING, notices=[job.message])
    else:
        seen.update(state=ImportState.FAILED, error=job.message)
    batch.refresh_from_db()
    return batch


_BACK = {
    ImportState.CHECKING: ImportState.FAILED,
    ImportState.RUNNING: ImportState.READY,
    ImportState.UNDOING: ImportState.DONE,
}
