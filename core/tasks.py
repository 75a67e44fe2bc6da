"""The kernel's background work, where Celery looks for it."""

from celery import shared_task
from django_tenants.utils import get_tenant_model

from core.importing.tasks import check, commit, take_back
from core.sealing import seal_all

__all__ = ["check", "commit", "seal_history", "take_back"]


@shared_task
def seal_history() -> None:
    """Seal every client's new events. Called by beat each minute, in public."""
    seal_all(get_tenant_model().objects.values_list("schema_name", flat=True))
