"""The outbox of the webhooks, for Celery."""

from celery import shared_task
from django_tenants.utils import get_tenant_model, schema_context, tenant_context

from core.fan_out import schemas_with
from interfaces import delivering


@shared_task
def deliver() -> None:
    if delivering.deliver():
        deliver.delay()


@shared_task
def deliver_due() -> None:
    """One task for each client where something is due. Called by beat, in public."""
    for schema in schemas_with("interfaces_delivery", "state = 'queued' AND next_try_at <= statement_timestamp()"):
        with schema_context(schema):
            deliver.delay()


@shared_task
def sweep() -> None:
    """Send one task for each client. Called by beat each night, in public."""
    for client in get_tenant_model().objects.all():
        with tenant_context(client):
            sweep_here.delay()


@shared_task
def sweep_here() -> None:
    delivering.sweep()
