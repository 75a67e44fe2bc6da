"""What a client's own page shows of its backups."""

import datetime as dt

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from backups.models import KEPT, Backup, State
from backups.retention import kept_until
from backups.slots import next_due
from core.accounts.access import Level
from core.views.base import ModuleView
from tenants.connection import connection
from tenants.models import Client

_TONES = {
    State.RUNNING: "info",
    State.STORED: "info",
    State.VERIFIED: "success",
    State.FAILED: "danger",
    State.ABORTED: "warning",
    State.PRUNED: "neutral",
}


class BackupsView(ModuleView):
    """The client's administrators see success and failure alike (R12)."""

    module = "settings"
    level = Level.MANAGE

    def get(self, request: HttpRequest) -> HttpResponse:
        return render(request, "backups/list.html", context_of(connection.schema_name))


def backups_of(schema: str) -> list[Backup]:
    """The backups of an existing client, newest first; none of a deleted one that had the same name."""
    client = Client.objects.filter(schema_name=schema).first()
    return list(Backup.objects.of(client_id=client.pk)) if client else []


def context_of(schema: str) -> dict:
    """The context of `backups/list.html`."""
    return {"backups": rows_of(schema), "next_at": next_due()}


def rows_of(schema: str) -> list[dict]:
    """The rows of `backups/list.html`: `when` is an aware datetime, `size` bytes or None, `until` a date or None."""
    return [
        {
            "seq": backup.seq,
            "when": backup.started_at,
            "kind": backup.get_kind_display(),
            "size": backup.size,
            "state": backup.get_state_display(),
            "tone": _TONES[State(backup.state)],
            "verified": backup.is_verified,
            "until": _until(backup),
            "held": bool(backup.hold),
        }
        for backup in backups_of(schema)
    ]


def _until(backup: Backup) -> dt.date | None:
    """The day whose evening's copy lets this one go, when each evening succeeds; later when one does not."""
    return kept_until(backup.slot) if backup.state in KEPT and not backup.hold else None
