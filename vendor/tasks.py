"""The vendor's own work, in public."""

import logging

from celery import Task, shared_task

from vendor import certificates, exits, reminders
from vendor.models import Exit

logger = logging.getLogger(__name__)
AGAIN = 10  # seconds


@shared_task(bind=True, max_retries=None)
def export_client(self: Task, pk: int) -> None:
    """The archive of an exit, as soon as nothing is being written any more; a failure is kept with it, and logged."""
    found = Exit.objects.select_related("client").filter(pk=pk).first()
    if found is None or not found.runs:
        return
    try:
        exits.export(found)
    except exits.StillWritten as error:
        raise self.retry(exc=error, countdown=AGAIN) from error


@shared_task
def destroy_due() -> None:
    """Each morning: what a signed receipt and its delay allow. Raises, after the others, when one fails."""
    for done in exits.destroy_due():
        logger.warning("client %s destroyed, certificate %s", done.client.code, done.certificate_sha256)


@shared_task
def watch_certificates() -> None:
    """Each morning, before the reminders."""
    for kept in certificates.watch():
        if kept.error:
            logger.error("certificate of %s: %s", kept.host, kept.error)


@shared_task
def remind() -> None:
    """Each morning: contracts that begin today are followed, then one mail says what falls due."""
    reminders.follow_contracts()
    reminders.remind()
