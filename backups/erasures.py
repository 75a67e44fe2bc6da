"""What was erased stays erased: a restored backup gets every erasure since it was taken, before anyone sees it."""

import datetime as dt
from dataclasses import dataclass, field
from functools import reduce
from operator import or_
from typing import Any

from django.apps import apps
from django.db import DatabaseError, connection, transaction
from django.db.models import ProtectedError, Q, RestrictedError
from django.utils.translation import gettext as _
from django_tenants.utils import schema_context

from backups.errors import BackupError
from backups.models import Erasure, ErasureKind
from core import audit
from core.models import Attachment, BinnedRow, Event, Note, Tagging
from core.restoring import do_again
from tenants.active import active_client

# An erasure is dated at the beginning of its transaction, which may have been longer than the backup's.
_OVERLAP = dt.timedelta(hours=1)
_ATTACHED = (Note, Attachment, Tagging)


@dataclass
class Replayed:
    """`files`: those of attachments that went, which the restore must not put back. `remarks` are for people."""

    count: int = 0
    files: set[str] = field(default_factory=set)
    remarks: list[str] = field(default_factory=list)


def journal(kind: ErasureKind, model: str, object_id: int, values: dict[str, Any] | None = None) -> Erasure:
    """Note what was just done to a row of the active client, in the caller's transaction.

    `values`: what replaced the values, by field; never the values themselves. None: the whole row went.
    """
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("an erasure and its journal are one transaction")
    client = active_client()
    return Erasure.objects.create(
        client_id=client.pk, kind=kind, model=model.lower(), object_id=object_id, values=values
    )


def replay(client_id: int, scratch: str, taken_at: str) -> Replayed:
    """Do again, in a restored schema, whatever the journal says of that client since a moment (ISO, UTC).

    Raises BackupError when one cannot be done: a restore that would bring back what was erased does not happen.
    """
    since = dt.datetime.fromisoformat(taken_at.replace("Z", "+00:00")) - _OVERLAP
    entries = list(Erasure.objects.filter(client_id=client_id, at__gte=since))
    done = Replayed()
    with schema_context(scratch):
        for entry in entries:
            try:
                with audit.by(None, operation=_operation(entry)), transaction.atomic():
                    _apply(entry, scratch, done)
            except (DatabaseError, LookupError, ValueError, ProtectedError, RestrictedError) as error:
                raise BackupError(
                    _("L’effacement n° %(seq)s ne peut pas être rejoué : %(error)s")
                    % {"seq": entry.seq, "error": error}
                ) from error
        with audit.by(None, operation="replay:opt-outs"), transaction.atomic():
            left = do_again(client_id, since)
        if left:
            done.remarks.append(_("%(count)s opposition(s) remise(s).") % {"count": left})
    return done


def _apply(entry: Erasure, scratch: str, done: Replayed) -> None:
    model = apps.get_model(entry.model)
    rows = model._base_manager.filter(pk=entry.object_id)
    if entry.values is None:
        attached = {"model": entry.model, "object_id": entry.object_id}
        done.files |= set(Attachment._base_manager.filter(**attached).values_list("file", flat=True))
        if issubclass(model, Attachment):
            done.files |= set(rows.values_list("file", flat=True))
        for other in _ATTACHED:
            other._base_manager.filter(**attached).delete()
        BinnedRow.objects.filter(**attached).delete()
        rows.delete()
    elif entry.kind == ErasureKind.RECTIFY and not entry.values:
        done.remarks.append(
            _("Rectification à refaire : %(model)s n° %(pk)s.") % {"model": entry.model, "pk": entry.object_id}
        )
    else:
        rows.update(**entry.values)
    _forget(entry, scratch)
    done.count += 1


def _forget(entry: Erasure, scratch: str) -> None:
    """The history keeps that something changed, not what it was (R17), of all that went: what this replay noted too."""
    own = Q(model=entry.model, object_id=entry.object_id)
    if entry.values is not None:
        events = Event.objects.filter(own, fields__overlap=list(entry.values))
    else:
        went = Event.objects.filter(operation=_operation(entry)).values_list("model", "object_id").distinct()
        events = Event.objects.filter(reduce(or_, (Q(model=model, object_id=pk) for model, pk in went), own))
    with connection.cursor() as cursor:
        cursor.execute("SELECT public.b2o_forget_values(%s, %s)", [scratch, list(events.values_list("pk", flat=True))])


def _operation(entry: Erasure) -> str:
    return f"replay:{entry.seq}"
