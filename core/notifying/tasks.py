"""The morning's digest, for Celery."""

from celery import shared_task
from django_tenants.utils import get_tenant_model, tenant_context

from core.fan_out import schemas_with
from core.notifying.mails import send_digests


@shared_task
def digest_here() -> None:
    send_digests()


@shared_task
def digest() -> None:
    """One task for each client where somebody has news. Called by beat at 07:30, in public."""
    schemas = list(schemas_with("core_notification", "in_digest AND read_at IS NULL"))
    for client in get_tenant_model().objects.filter(schema_name__in=schemas):
        with tenant_context(client):
            digest_here.delay()
