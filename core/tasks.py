"""The kernel's background work, where Celery looks for it."""

from celery import shared_task
from django_tenants.utils import get_tenant_model

from core import drafts, sweeping
from core.accounts.journal import forget_old
from core.custom.tasks import build_indexes
from core.fan_out import for_each_client
from core.importing import jobs as importing_jobs
from core.jobs.tasks import reconcile, reconcile_here, run
from core.mail.tasks import deliver, deliver_due
from core.merging import scanning as duplicate_scanning
from core.notifying.tasks import digest, digest_here
from core.sealing import seal_all

__all__ = [
    "build_indexes",
    "deliver",
    "deliver_due",
    "digest",
    "digest_here",
    "duplicate_scanning",
    "expire_drafts",
    "expire_drafts_here",
    "importing_jobs",
    "reconcile",
    "reconcile_here",
    "run",
    "seal_history",
    "sweep",
    "sweep_here",
]


@shared_task
def seal_history() -> None:
    """Seal every client's new events. Called by beat each minute, in public."""
    seal_all(get_tenant_model().objects.values_list("schema_name", flat=True))


@shared_task
def expire_drafts() -> None:
    """Send one task for each client. Called by beat each morning, in public."""
    for_each_client(expire_drafts_here)


@shared_task
def expire_drafts_here() -> None:
    """Delete a client's drafts that nobody touched for thirty days."""
    drafts.expire()


@shared_task
def sweep() -> None:
    """Send one task for each client. Called by beat each night, in public, whose own staff has a journal too."""
    forget_old()
    for_each_client(sweep_here)


@shared_task
def sweep_here() -> None:
    """Empty a client's bin of what is older than thirty days, and its disk of files deleted long enough ago."""
    sweeping.sweep()
