"""The outbox, for Celery."""

from celery import shared_task
from django_tenants.utils import schema_context

from core.fan_out import schemas_with
from core.mail import delivering


@shared_task
def deliver() -> None:
    if delivering.deliver():
        deliver.delay()


@shared_task
def deliver_due() -> None:
    """One task for each client where mail is due, or was being sent. Called by beat each minute, in public."""
    waits = "state IN ('queued', 'sending') AND next_try_at <= statement_timestamp()"
    for schema in schemas_with("core_outgoingmail", waits):
        with schema_context(schema):
            deliver.delay()
