"""What people do with jobs: ask for one, see theirs, cancel."""

import json
import logging
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.utils.translation import gettext as _
from django_tenants.utils import schema_context
from kombu.exceptions import OperationalError as BrokerError
from redis.exceptions import RedisError

from core.accounts.access import Level
from core.accounts.models import User
from core.jobs.kinds import kind_of
from core.models import Job, JobState
from core.place import active_schema
from core.text import clean

logger = logging.getLogger(__name__)


def start_job(kind: str, *, label: str, by: User | None, args: Mapping[str, Any] | None = None) -> Job:
    """A row now, the work once the caller's transaction commits. `args`: keyword arguments, ids and JSON only.

    Raises KeyError for a kind that nobody declared, TypeError for what is not JSON.
    """
    kind_of(kind)
    json.dumps(args or {})
    job = Job.objects.create(kind=kind, label=clean(label)[:200], owner=by, args=dict(args or {}))
    send(job.pk)
    return job


def send(pk: int) -> None:
    """Give a job to the workers when the transaction commits."""
    schema = active_schema()
    transaction.on_commit(lambda: _send(schema, pk))


def _send(schema: str, pk: int) -> None:
    from core.jobs.tasks import run

    with schema_context(schema):
        try:
            run.delay(pk)
        except (BrokerError, RedisError):  # the row is there: `reconcile` sends it again
            logger.warning("job %s waits: the broker does not answer", pk, exc_info=True)


def jobs_of(user: User) -> QuerySet[Job]:
    """The jobs that a person may see: their own; an administrator, all."""
    rows = Job.objects.order_by("-pk").select_related("owner")
    return rows if sees_all(user) else rows.filter(owner=user)


def sees_all(user: User) -> bool:
    return user.may("settings", Level.MANAGE)


def cancel_job(job: Job, *, by: User) -> bool:
    """Stop a job: at once while it waits, else at its next sign of life. False when it has ended already."""
    waiting = Job.objects.filter(pk=job.pk, state=JobState.QUEUED)
    if waiting.update(
        state=JobState.CANCELLED, cancel_asked_at=Now(), finished_at=Now(), message=_("Annulé avant de commencer.")
    ):
        return True
    asked = Job.objects.filter(pk=job.pk, state=JobState.RUNNING).update(cancel_asked_at=Now())
    logger.info("job %s: cancel asked by %s", job.pk, by.pk)
    return bool(asked)
