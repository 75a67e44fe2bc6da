"""CRM's background work, where Celery looks for it."""

from celery import shared_task
from django_tenants.utils import get_tenant_model, tenant_context

from core.fan_out import schemas_with
from crm.actions.activities import remind

_DUE = (
    "remind_before IS NOT NULL AND done_at IS NULL AND due_at <= statement_timestamp() + interval '1 day' "
    "AND due_at <= statement_timestamp() + make_interval(mins => remind_before) "
    "AND reminded_for IS DISTINCT FROM due_at"
)


@shared_task
def remind_here() -> None:
    remind()


@shared_task
def remind_due() -> None:
    """One task for each client where somebody is to be reminded. Called by beat each minute, in public."""
    schemas = list(schemas_with("crm_activity", _DUE))
    for client in get_tenant_model().objects.filter(schema_name__in=schemas):
        with tenant_context(client):
            remind_here.delay()
