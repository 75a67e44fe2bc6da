"""What the pages show of a job."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from core.accounts.models import User
from core.display import number
from core.jobs.kinds import kind_label
from core.models import Job, JobState

TONES = {
    JobState.QUEUED: "neutral",
    JobState.RUNNING: "info",
    JobState.DONE: "good",
    JobState.FAILED: "danger",
    JobState.CANCELLED: "neutral",
    JobState.INTERRUPTED: "warn",
}


def card(job: Job, user: User) -> dict[str, Any]:
    """The context of core/_job_card.html, for any page: `{% include "core/_job_card.html" with card=card %}`.

    It asks for itself each second while the job goes on. When it ends the page hears the event `job-ended` on body.
    """
    stopping = job.state == JobState.RUNNING and job.cancel_asked_at is not None
    return {
        "id": f"job-{job.pk}",
        "job": job,
        "url": reverse("job", args=[job.pk]),
        "kind": kind_label(job.kind),
        "state": _("Annulation demandée") if stopping else JobState(job.state).label,
        "tone": TONES[JobState(job.state)],
        "percent": job.percent,
        "count": count(job),
        "doing": job.message or (_("Attend son tour…") if job.state == JobState.QUEUED else _("En cours…")),
        "going": not job.is_finished,
        "poll_url": "" if job.is_finished else reverse("job-card", args=[job.pk]),
        "cancel_url": "" if job.is_finished or stopping else reverse("job-cancel", args=[job.pk]),
        "result_url": job.result_url if job.state == JobState.DONE else "",
        "file_url": reverse("job-file", args=[job.pk]) if job.file and job.owner_id == user.pk else "",
    }


def count(job: Job) -> str:
    """« 1 200 sur 5 000 », or what is known of it."""
    if job.total:
        return _("%(done)s sur %(total)s") % {"done": number(job.done), "total": number(job.total)}
    return number(job.done) if job.done else ""
