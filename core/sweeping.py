"""What the night takes away: bins of more than thirty days, deleted files, parts of rows that are gone."""

import logging

from django.db.models import Exists, OuterRef

from core.accounts.journal import forget_old
from core.actions.restoring import empty_expired
from core.attachments.actions import discard
from core.attachments.actions import sweep as sweep_files
from core.custom.indexes import reconcile_all
from core.exporting.files import sweep as sweep_exports
from core.jobs.looking_after import sweep as sweep_jobs
from core.mail.outbox import sweep as sweep_mail
from core.merging.undoing import forget_old as forget_old_merges
from core.models import Attachment, BinnedRow, Note, Tagging
from core.registry import registry

logger = logging.getLogger(__name__)


def sweep() -> None:
    reconcile_all()
    gone = {
        "binned rows": empty_expired(),
        "orphans": _orphans(),
        "files": sweep_files(),
        "jobs": sweep_jobs(),
        "exports": sweep_exports(),
        "mails": sweep_mail(),
        "passages": forget_old(),
        "merges": forget_old_merges(),
    }
    if any(gone.values()):
        logger.info("sweep: %s", ", ".join(f"{count} {what}" for what, count in gone.items()))


def _orphans() -> int:
    """Notes, tags and files of rows that left otherwise than by the bin: an import taken back, a statement in SQL."""
    count = 0
    for resource in registry:
        key = OuterRef("object_id")
        there = Exists(resource.model._base_manager.filter(pk=key))
        binned = Exists(BinnedRow.objects.filter(model=resource.key(), object_id=key))
        count += Note.objects.filter(~there, ~binned, model=resource.key()).delete()[0]
        count += Tagging.objects.filter(~there, ~binned, model=resource.key()).delete()[0]
        count += discard(Attachment.objects.filter(~there, ~binned, model=resource.key()))
    return count
