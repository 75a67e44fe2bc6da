"""Work on custom fields that a person does not wait for."""

from celery import Task, shared_task
from django.apps import apps

from core.custom.indexes import reconcile

RETRIES = 5


class Busy(RuntimeError):
    """Somebody held the table too long: the index is tried again, and each night."""


@shared_task(bind=True, max_retries=RETRIES, default_retry_delay=60)
def build_indexes(self: Task, label: str) -> None:
    """Make the indexes that the custom fields of a model want (core.custom.indexes)."""
    if failed := reconcile(apps.get_model(label)):
        raise self.retry(exc=Busy(", ".join(failed)))
