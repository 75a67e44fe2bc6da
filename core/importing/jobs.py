"""What takes time, as jobs: the check, the commit, the undo. Each in one transaction, with its batch and its end."""

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.accounts.models import User
from core.display import number
from core.importing import actions
from core.importing.engine import Progress
from core.importing.reading import FileError
from core.importing.undo import Entangled
from core.jobs import JobError, Result, Running, job_kind, start_job
from core.models import ImportBatch, ImportState, Job

CHECK, COMMIT, UNDO = "import-check", "import-commit", "import-undo"


def start(kind: str, batch: ImportBatch, *, by: User) -> Job:
    """Ask for the work that the batch's state waits for."""
    job = start_job(kind, label=actions.resource_of(batch).label_plural, by=by, args={"batch": batch.pk})
    ImportBatch.objects.filter(pk=batch.pk).update(job=job)
    return job


@job_kind(CHECK, label=gettext_lazy("Vérification d’un fichier à importer"), restart=True)
def check(job: Running, *, batch: int) -> Result:
    found = _batch(batch, ImportState.CHECKING)
    try:
        actions.check_now(found, progress=_progress(job))
    except FileError as error:
        raise JobError(str(error)) from error
    found.save()
    return _result(found, _("Vérifié : %s lignes.") % number(found.total))


@job_kind(COMMIT, label=gettext_lazy("Import"))
def commit(job: Running, *, batch: int) -> Result:
    found = _batch(batch, ImportState.RUNNING)
    try:
        with transaction.atomic():
            actions.commit_now(found, job.owner, progress=_progress(job))
    except actions.Changed as changed:
        found = _batch(batch, ImportState.RUNNING)
        actions.keep(found, changed.report, changed.refused, changed.lines)
        found.state, found.notices = ImportState.READY, [actions.changed_notice()]
        found.save()
        return _result(found, actions.changed_notice())
    except FileError as error:
        raise JobError(str(error)) from error
    return _result(
        found,
        _("%(created)s créées, %(updated)s mises à jour.")
        % {"created": number(found.created), "updated": number(found.updated)},
    )


@job_kind(UNDO, label=gettext_lazy("Annulation d’un import"))
def take_back(job: Running, *, batch: int) -> Result:
    found = _batch(batch, ImportState.UNDOING)
    try:
        with transaction.atomic():
            actions.take_back_now(found, job.owner)
    except Entangled as error:
        raise JobError(actions.entangled_message(error, job.owner)) from error
    return _result(found, _("L’import est annulé."))


def _batch(pk: int, state: ImportState) -> ImportBatch:
    """Raises JobError when somebody moved the batch on, or away."""
    found = ImportBatch.objects.select_related("actor").filter(pk=pk, state=state).first()
    if found is None:
        raise JobError(_("Cet import n’attend plus ce travail : ouvrez-le pour voir où il en est."))
    return found


def _progress(job: Running) -> Progress:
    """Percents into the job's own, which raises Cancelled when its owner asked to stop."""
    job.total(100)

    def tell(percents: int, lines: int) -> None:
        job.advance(percents - job.done, message=_("%s lignes lues") % number(lines))

    return tell


def _result(batch: ImportBatch, message: str) -> Result:
    return Result(message=message, url=reverse("import-batch", args=[batch.pk]))
