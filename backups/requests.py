"""A client asks to be put back as it was; the vendor's ops decide, a worker does it."""

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from backups.errors import BackupError, Busy
from backups.models import KEPT, OPEN, Backup, RequestState, RestoreRequest
from backups.restoring import restore_over
from tenants.models import Client


def ask(backup: Backup, *, by: int) -> RestoreRequest:
    """`by`: the number of the account in the instance. Raises BackupError, also when one is open already."""
    if backup.state not in KEPT:
        raise BackupError(_("Cette sauvegarde ne peut plus être restaurée."))
    try:
        with transaction.atomic():
            return RestoreRequest.objects.create(
                backup=backup, client_id=backup.client_id, client_code=backup.client_code, asked_by=by
            )
    except IntegrityError as error:
        raise BackupError(_("Une demande de restauration attend déjà.")) from error


def open_of(client_id: int) -> RestoreRequest | None:
    return RestoreRequest.objects.filter(client_id=client_id, state__in=OPEN).select_related("backup").first()


def last_of(client_id: int) -> RestoreRequest | None:
    """The open one, else the one that ended last."""
    return RestoreRequest.objects.filter(client_id=client_id).select_related("backup").first()


def close(request: RestoreRequest, state: RequestState, message: str = "") -> bool:
    """End one that nobody began. False when it is under way or has ended."""
    asked = RestoreRequest.objects.filter(pk=request.pk, state=RequestState.ASKED)
    return bool(asked.update(state=state, message=message, ended_at=timezone.now()))


def fulfil(request_id: int) -> None:
    """Restore. The second of two that start it does nothing. Called by a worker, in public."""
    asked = RestoreRequest.objects.filter(pk=request_id, state=RequestState.ASKED)
    if not asked.update(state=RequestState.RUNNING):
        return
    request = RestoreRequest.objects.select_related("backup").get(pk=request_id)
    client = Client.objects.filter(pk=request.client_id).first()
    try:
        if client is None:
            raise BackupError(_("Ce client n’existe plus."))
        done = restore_over(client, request.backup)
    except Busy as error:
        RestoreRequest.objects.filter(pk=request_id).update(state=RequestState.ASKED, message=str(error))
    except BackupError as error:
        _end(request_id, RequestState.FAILED, str(error))
    else:
        text = _("%(rows)s lignes comme elles étaient, %(files)s fichier(s) remis. L’état d’avant est gardé.")
        _end(request_id, RequestState.DONE, text % {"rows": done.rows, "files": done.files_written})


def _end(request_id: int, state: RequestState, message: str) -> None:
    RestoreRequest.objects.filter(pk=request_id).update(state=state, message=message, ended_at=timezone.now())
