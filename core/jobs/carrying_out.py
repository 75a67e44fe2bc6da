"""A job in its worker: claimed, carried out, and its end told, whatever happens."""

import logging
import secrets
from contextlib import nullcontext
from datetime import timedelta
from pathlib import PurePath

from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.db.models import F
from django.db.models.functions import Now
from django.urls import reverse
from django.utils.translation import gettext as _

from core import audit
from core.actions.notifications import notify
from core.jobs.kinds import Kind, kind_of
from core.jobs.running import Cancelled, JobError, Result, Running, SideConnection, at_work, cancelled_text
from core.models import Job, JobState
from core.models.jobs import UNFINISHED
from core.notifying.kinds import JOB
from core.text import clean

logger = logging.getLogger(__name__)
ATTEMPTS = 3  # of a job whose worker dies under it
LONG = timedelta(seconds=10)  # who waited longer has gone elsewhere, and is told by the bell


class Superseded(Exception):
    """The job was given to another worker in the meantime: what this one did must not be committed."""


def run(pk: int) -> None:
    """The task's work. A message may come twice, or to a worker after another's death: lock and state decide."""
    with at_work(pk) as side:
        job = Job.objects.select_related("owner").filter(pk=pk, state__in=UNFINISHED).first()
        if side is None or job is None:
            return
        if job.state == JobState.RUNNING and not _may_run_again(job):
            return
        claimed = Job.objects.filter(pk=pk, state=job.state, attempts=job.attempts).update(
            state=JobState.RUNNING, attempts=F("attempts") + 1, heartbeat_at=Now(), done=0, total=None, message="",
            started_at=job.started_at or Now(),
        )  # fmt: skip
        if claimed:
            job.refresh_from_db()
            _work(job, side)


def _may_run_again(job: Job) -> bool:
    """Of a running job that nobody is at work on: its worker died. When it may not, the job ends here."""
    if job.cancel_asked_at:
        _end(job, JobState.CANCELLED, cancelled_text(_is_atomic(job)))
        return False
    if _restarts(job) and job.attempts < ATTEMPTS:
        logger.warning("job %s (%s): its worker died, attempt %d", job.pk, job.kind, job.attempts + 1)
        return True
    reference = _reference()
    logger.error("job %s (%s): interrupted, reference %s", job.pk, job.kind, reference)
    if _restarts(job):
        text = _(
            "Le serveur s’est arrêté %(times)d fois pendant ce travail, qui n’est plus repris. Rien n’a été changé. "
            "Prévenez-nous en donnant la référence %(reference)s."
        )
    elif _is_atomic(job):
        text = _("Le serveur s’est arrêté pendant ce travail : rien n’a été changé. Vous pouvez le relancer.")
    else:
        text = _(
            "Le serveur s’est arrêté pendant ce travail : une partie est peut-être faite. Vérifiez-la avant de le "
            "relancer (référence %(reference)s)."
        )
    _end(job, JobState.INTERRUPTED, text % {"times": job.attempts, "reference": reference})
    return False


def _work(job: Job, side: SideConnection) -> None:
    """Do it, and say how it ended: the boundary that no exception leaves."""
    try:
        kind = kind_of(job.kind)
        with audit.by(job.owner, screen=f"job-{job.kind}"[:200], operation=f"job:{job.pk}"):
            _carry_out(job, kind, side)
        return
    except Cancelled:
        state, text = JobState.CANCELLED, cancelled_text(_is_atomic(job))
    except JobError as error:
        state, text = JobState.FAILED, str(error)
    except Superseded:
        logger.warning("job %s (%s): another worker has it, nothing committed", job.pk, job.kind)
        return
    except Exception:  # the boundary: whatever it was, the page must not wait for ever
        reference = _reference()
        logger.exception("job %s (%s) failed, reference %s", job.pk, job.kind, reference)
        state, text = JobState.FAILED, _failure_text(job, reference)
    if not connection.in_atomic_block:  # a test's
        connection.close_if_unusable_or_obsolete()
    _end(job, state, text)


def _carry_out(job: Job, kind: Kind, side: SideConnection) -> None:
    """The work and its end. Those of an atomic kind in one transaction: what is done is never done again."""
    running = Running(job, side)
    try:
        with transaction.atomic() if kind.atomic else nullcontext():
            result = kind.work(running, **job.args) or Result()
            running.check_now()
            _finish(job, running, result)
            _tell(job, JobState.DONE)
    except BaseException:
        if job.file:
            default_storage.delete(str(job.file.name))
        raise


def _finish(job: Job, running: Running, result: Result) -> None:
    """Done. Raises Superseded when the job is no longer this worker's."""
    if result.file is not None:
        job.filename = clean(PurePath(result.filename.replace("\\", "/")).name)[:200] or "resultat"
        job.file.save(job.filename, result.file, save=False)
    mine = Job.objects.filter(pk=job.pk, state=JobState.RUNNING, attempts=job.attempts)
    if not mine.update(
        state=JobState.DONE, finished_at=Now(), done=running.done, total=running.of, message=clean(result.message),
        result=result.data, result_url=result.url, file=job.file.name or "", filename=job.filename,
    ):  # fmt: skip
        raise Superseded


def _end(job: Job, state: JobState, text: str) -> None:
    ended = Job.objects.filter(pk=job.pk, state=JobState.RUNNING, attempts=job.attempts)
    if ended.update(state=state, message=text, finished_at=Now()):
        _tell(job, state)


def _tell(job: Job, state: JobState) -> None:
    """The bell, for who asked and has surely left the page."""
    job.refresh_from_db(fields=["started_at", "finished_at"])
    if job.owner is None or state == JobState.CANCELLED or job.finished_at is None or job.started_at is None:
        return
    if state == JobState.DONE and job.finished_at - job.started_at < LONG:
        return
    words = {
        JobState.DONE: _("« %s » est terminé."),
        JobState.FAILED: _("« %s » a échoué."),
        JobState.INTERRUPTED: _("« %s » a été interrompu."),
    }
    notify(job.owner, JOB, words[state] % job.label, reverse("job", args=[job.pk]))


def _failure_text(job: Job, reference: str) -> str:
    text = (
        _("Une erreur technique a arrêté ce travail : rien n’a été changé.")
        if _is_atomic(job)
        else _("Une erreur technique a arrêté ce travail : une partie est peut-être faite.")
    )
    return _("%(text)s Recommencez ; si cela se reproduit, donnez-nous la référence %(reference)s.") % {
        "text": text,
        "reference": reference,
    }


def _reference() -> str:
    return secrets.token_hex(4).upper()


def _restarts(job: Job) -> bool:
    try:
        return kind_of(job.kind).restart
    except KeyError:  # declared by a version that is gone
        return False


def _is_atomic(job: Job) -> bool:
    try:
        return kind_of(job.kind).atomic
    except KeyError:
        return True  # it never ran
