"""The outbox, for Celery."""

from celery import shared_task
from django.conf import settings

from core.fan_out import for_clients_where
from core.mail import delivering, returns


@shared_task
def deliver() -> None:
    if delivering.deliver():
        deliver.delay()


@shared_task
def deliver_due() -> None:
    """One task for each client where mail is due, or was being sent. Called by beat each minute, in public."""
    waits = "state IN ('queued', 'sending') AND next_try_at <= statement_timestamp()"
    for_clients_where(deliver, "core_outgoingmail", waits)


@shared_task
def read_returns() -> None:
    """Bounces, complaints and unsubscriptions that came by mail. Called by beat each minute, in public."""
    returns.read_folder(settings.RETURNS_FOLDER)
