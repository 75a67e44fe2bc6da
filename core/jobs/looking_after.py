"""Jobs that nobody is at work on any more, and those that are old."""

from datetime import timedelta

from django.core.files.storage import default_storage
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from core.jobs.actions import send
from core.jobs.running import is_held
from core.models import Job, JobState
from core.models.jobs import UNFINISHED

STALE = timedelta(seconds=20)  # without a sign of life: then the lock is looked at
FORGOTTEN = timedelta(minutes=10)  # no worker picked it up: its message may be lost, it is sent again
LIFE = timedelta(days=30)
FOLDER = "jobs"


def reconcile() -> int:
    """Called each minute where jobs are unfinished: give back to the workers what they lost. Returns how many."""
    now = timezone.now()
    dead = Q(state=JobState.RUNNING, heartbeat_at__lt=now - STALE, sent_at__lt=now - STALE)
    lost = Q(state=JobState.QUEUED, sent_at__lt=now - FORGOTTEN)
    found = [job for job in Job.objects.filter(dead | lost) if job.state == JobState.QUEUED or not is_held(job.pk)]
    Job.objects.filter(pk__in=[job.pk for job in found]).update(sent_at=Now())
    for job in found:
        send(job.pk)
    return len(found)


def sweep() -> int:
    """Forget the jobs of more than thirty days, with their files. Returns how many."""
    old = list(Job.objects.exclude(state__in=UNFINISHED).filter(created_at__lt=timezone.now() - LIFE)[:5000])
    for job in old:
        job.delete()  # the row first: a file without a row is found below, the contrary is an error
        if job.file:
            default_storage.delete(str(job.file.name))
    _sweep_strays()
    return len(old)


def _sweep_strays() -> None:
    """Files of a worker that died between the disk and the database."""
    try:
        names = [f"{FOLDER}/{name}" for name in default_storage.listdir(FOLDER)[1]]
    except FileNotFoundError:
        return
    known = set(Job.objects.exclude(file="").values_list("file", flat=True))
    yesterday = timezone.now() - timedelta(days=1)
    for name in names:
        if name not in known and default_storage.get_modified_time(name) < yesterday:
            default_storage.delete(name)
