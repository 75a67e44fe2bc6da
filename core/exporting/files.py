"""Large files: made by a job, kept a day in the client's storage for who asked, judged again when they are fetched."""

import hashlib
import logging
import shutil
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import IO

from django.core.files import File
from django.core.files.storage import default_storage
from django.db import transaction
from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from core.accounts.models import User
from core.display import number
from core.exporting import csv_file
from core.exporting.plan import Plan
from core.exporting.recording import Origin, Outcome, Way, finish, may_extract
from core.exporting.sending import FOLDER, filename, recorded, scratch_folder
from core.jobs import JobError, Result, Running, job_kind, start_job
from core.models import ExportFile, Extraction, Job, JobState
from core.registry import registry

KIND = "export"
LIVES = timedelta(hours=24)
_OUTCOMES = {
    JobState.CANCELLED: Outcome.CANCELLED,
    JobState.FAILED: Outcome.FAILED,
    JobState.INTERRUPTED: Outcome.INTERRUPTED,
}
logger = logging.getLogger(__name__)


@transaction.atomic
def ask(plan: Plan, *, format: str, origin: Origin) -> Job:  # noqa: A002
    """Begin the extraction and the job that makes its file. Raises PermissionDenied."""
    extraction = recorded(plan, way=Way.EXPORT, format=format, origin=origin)
    args = {"extraction": extraction.pk, "query": plan.params.urlencode()}
    return start_job(KIND, label=plan.resource.label_plural, by=plan.user, args=args)


# Nothing but the file and its rows comes of it, all in the transaction of its end: from the beginning again is safe.
@job_kind(KIND, label=gettext_lazy("Export"), restart=True)
def make(job: Running, *, extraction: int, query: str) -> Result:
    """The rows as they are now, under what was recorded when they were asked for."""
    row = Extraction.objects.get(pk=extraction)
    plan = _plan(row, query, job.owner)
    job.total(plan.found.order_by().count())
    with tempfile.TemporaryFile() as file:
        rows = _write(plan, row.format, file, job)
        job.say(_("Le fichier est presque prêt…"))
        size = file.tell()
        file.seek(0)
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        kept = ExportFile(extraction=row, owner=plan.user, filename=filename(plan, row.format))
        kept.file.save(kept.filename, File(file), save=False)
    kept.save(force_insert=True)
    finish(row, outcome=Outcome.COMPLETE, rows=rows, size=size, sha256=digest)
    said = ngettext("%s ligne.", "%s lignes.", rows) % number(rows)
    until = _("Le fichier reste 24 heures à votre disposition.")
    return Result(message=f"{said} {until}", url=reverse("extraction", args=[row.pk]))


def _plan(row: Extraction, query: str, owner: User | None) -> Plan:
    resource = registry.by_label.get(row.resource)
    if owner is None or resource is None or not still_theirs(row, owner):
        raise JobError(_("Vos droits sur cette liste ont changé depuis la demande : rien n’est sorti."))
    plan = Plan(resource, owner, QueryDict(query), names=row.columns)
    if [out.name for out in plan.columns] != row.columns:
        raise JobError(_("Les colonnes ont changé depuis la demande : relancez l’export."))
    return plan


def _write(plan: Plan, format: str, file: IO[bytes], job: Running) -> int:  # noqa: A002
    """How many rows; the file is left at its end."""
    if format == "xlsx":
        from core.exporting import xlsx_file

        with scratch_folder() as folder:
            rows = xlsx_file.write(plan, file, folder=folder, advance=job.advance)
        file.seek(0, 2)
        return rows
    total = 0
    for data, rows in csv_file.chunks(plan):
        file.write(data)
        total += rows
        job.advance(rows)
    return total


def still_theirs(row: Extraction, user: User) -> bool:
    """Whether a person may still take out what an extraction took: the list, as far, and every column."""
    resource = registry.by_label.get(row.resource)
    if resource is None or not may_extract(resource, user):
        return False
    if resource.scope(user).name.lower() != row.scope:
        return False
    return not resource.hidden_from(user) & set(row.columns)


def is_over(kept: ExportFile) -> bool:
    return kept.made_at < timezone.now() - LIVES


def outcomes(rows: list[Extraction]) -> dict[int, str]:
    """{extraction: how it ended, "" while it goes on}. A query only where a row has no end of its own.

    A job that fails takes back all that it wrote, an end among it: how it went is told by the job.
    """
    found = {row.pk: row.end.outcome for row in rows if hasattr(row, "end")}
    open_ = [row.pk for row in rows if row.pk not in found]
    if not open_:
        return found
    jobs = Job.objects.filter(kind=KIND, args__extraction__in=open_)
    states = {args["extraction"]: JobState(state) for args, state in jobs.values_list("args", "state")}
    yesterday = timezone.now() - LIVES
    for row in rows:
        if row.pk not in found:
            state = states.get(row.pk)
            dead = state is None and row.at < yesterday  # its process died, and the night forgot its job
            found[row.pk] = Outcome.INTERRUPTED if dead else _OUTCOMES.get(state, "") if state else ""
    return found


def sweep() -> int:
    """Off the disk goes what is over, and what a killed process left. Returns how many."""
    old = timezone.now() - LIVES
    over = list(ExportFile.objects.filter(made_at__lt=old).select_related("extraction")[:5000])
    for kept in over:
        kept.delete()  # the row first: a file without a row is found below, the contrary is an error
        default_storage.delete(str(kept.file.name))
    return len(over) + _sweep_strays(old.timestamp())


def _sweep_strays(old: float) -> int:
    place, count = Path(default_storage.path(FOLDER)), 0
    known = {Path(name).name for name in ExportFile.objects.values_list("file", flat=True)}
    for path in place.iterdir() if place.is_dir() else ():
        if path.name not in known and path.stat().st_mtime < old:
            count += 1
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()
    return count
