"""Jobs, for Celery. The message carries the client; a second delivery of one finds the lock taken or the job ended."""

from celery import shared_task
from django_tenants.utils import schema_context

from core.fan_out import schemas_with
from core.jobs import carrying_out, looking_after


@shared_task
def run(pk: int) -> None:
    carrying_out.run(pk)


@shared_task
def reconcile_here() -> None:
    looking_after.reconcile()


@shared_task
def reconcile() -> None:
    """One task for each client where jobs are unfinished. Called by beat each minute, in public."""
    for schema in schemas_with(
        "core_job", "state IN ('queued', 'running') AND sent_at < statement_timestamp() - interval '20 seconds'"
    ):
        with schema_context(schema):
            reconcile_here.delay()
