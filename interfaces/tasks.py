"""The outbox of the webhooks, for Celery."""

from celery import shared_task

from core.fan_out import for_clients_where, for_each_client
from interfaces import delivering


@shared_task
def deliver() -> None:
    if delivering.deliver():
        deliver.delay()


@shared_task
def deliver_due() -> None:
    """One task for each client where something is due. Called by beat, in public."""
    for_clients_where(deliver, "interfaces_delivery", "state = 'queued' AND next_try_at <= statement_timestamp()")


@shared_task
def sweep() -> None:
    """Send one task for each client. Called by beat each night, in public."""
    for_each_client(sweep_here)


@shared_task
def sweep_here() -> None:
    delivering.sweep()
