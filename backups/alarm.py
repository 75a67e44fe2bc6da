"""Telling people that a proven backup is missing: an e-mail once for each state of things, and figures for a probe."""

import hashlib
import logging
import os
import time
from pathlib import Path

from django.conf import settings
from django.core.mail import send_mail
from django.db import IntegrityError, transaction
from django.db.models import Count
from django.utils.translation import gettext as _

from backups import status
from backups.models import AlarmSent, Backup, State

logger = logging.getLogger(__name__)


def check() -> status.Report:
    """Look, tell what is new, write the figures. Called every five minutes."""
    report = status.report()
    for alarm in report.alarms:
        logger.error("%s", alarm)
    if report.alarms:
        _tell(report.alarms)
    if settings.BACKUP_METRICS_FILE:
        _write(Path(settings.BACKUP_METRICS_FILE), figures(report))
    return report


def _tell(alarms: list[str]) -> None:
    """Once: the same alarms are not sent again every five minutes."""
    text = "\n".join(alarms)
    try:
        with transaction.atomic():
            AlarmSent.objects.create(digest=hashlib.sha256(text.encode()).hexdigest(), text=text)
            # Inside: an e-mail that could not leave is tried again by the next check.
            if settings.BACKUP_ALARM_EMAILS:
                send_mail(_("MyB2O : sauvegardes manquantes"), text, None, settings.BACKUP_ALARM_EMAILS)
    except IntegrityError:
        return
    except OSError:
        logger.exception("the alarm could not be sent")


def figures(report: status.Report) -> str:
    """In the text format of Prometheus, for a collector that reads files."""
    counts = dict.fromkeys(State.values, 0) | _counts()
    lines = [
        "# HELP myb2o_backup_late Clients without a verified backup two hours after a slot was due.",
        "# TYPE myb2o_backup_late gauge",
        f"myb2o_backup_late {len({code for codes in report.late.values() for code in codes})}",
        "# HELP myb2o_backup_chain_intact 1 when no row of the catalogue was changed or removed.",
        "# TYPE myb2o_backup_chain_intact gauge",
        f"myb2o_backup_chain_intact {int(report.chain is not None)}",
        "# HELP myb2o_backup_count Backups of the catalogue by state.",
        "# TYPE myb2o_backup_count gauge",
        *(f'myb2o_backup_count{{state="{state}"}} {count}' for state, count in counts.items()),
        # Without it a probe would go on reading the figures of a service that stopped.
        "# HELP myb2o_backup_checked_seconds When these figures were written (Unix time).",
        "# TYPE myb2o_backup_checked_seconds gauge",
        f"myb2o_backup_checked_seconds {int(time.time())}",
    ]
    return "\n".join(lines) + "\n"


def _counts() -> dict[str, int]:
    return dict(Backup.objects.order_by().values_list("state").annotate(Count("pk")))


def _write(path: Path, text: str) -> None:
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    partial.write_text(text)
    partial.replace(path)
