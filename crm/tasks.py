"""CRM's background work, where Celery looks for it."""

from celery import shared_task

from core.fan_out import for_clients_where
from crm.actions.activities import remind
from crm.actions.mailings import send_due

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
    for_clients_where(remind_here, "crm_activity", _DUE)


@shared_task
def send_mailings_here() -> None:
    send_due()


@shared_task
def send_mailings() -> None:
    """One task for each client where a mailing is due or under way. Called by beat each minute, in public."""
    under_way = "(state = 'scheduled' OR state = 'sending') AND scheduled_at <= statement_timestamp()"
    for_clients_where(send_mailings_here, "crm_mailing", under_way)
