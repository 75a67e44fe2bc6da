"""What happens to a file that somebody sends: received, checked, committed, taken back."""

import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import PurePath
from typing import Any

from django.core.cache import cache
from django.core.files.base import File
from django.db import transaction
from django.db.models import Model
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _
from redis.exceptions import RedisError

from core import audit
from core.accounts.models import User
from core.importing import engine, locks
from core.importing import undo as undoing
from core.importing.importer import Importer
from core.importing.reach import Reach
from core.importing.reading import FileError
from core.importing.report import Report, scratch
from core.models import ImportBatch, ImportState
from core.registry import registry
from core.resource import Resource
from core.text import clean

logger = logging.getLogger(__name__)
_FORGOTTEN = timedelta(minutes=30)  # a work that no worker has picked up by then is offered again


class Changed(Exception):
    """Other lines are refused now than when the file was checked. Nothing was written."""

    def __init__(self, report: Report, refused: Any) -> None:
        super().__init__()
        self.report = report
        self.refused = refused


def resource_of(batch: ImportBatch) -> type[Resource]:
    return registry.by_label[batch.resource]


def importer_of(resource: type[Resource]) -> type[Importer]:
    if resource.importer is None:
        raise FileError(_("« %s » ne s’importe pas.") % resource.label_plural)
    return resource.importer


# --- received -----------------------------------------------------------------------------------------------------
def receive(
    resource: type[Resource], file: Any, filename: str, *, by: User | None, request_ref: str = ""
) -> ImportBatch:
    """Keep a file in the client's storage. Raises FileError when no pass could read it; nothing is kept then.

    `file`: a Django File. The check is the caller's to ask.
    """
    importer = engine.recognise(importer_of(resource), file, file.size)
    file.seek(0)
    name = clean(PurePath(filename.replace("\\", "/")).name)[-200:] or "import.csv"
    batch = ImportBatch(
        resource=resource.key(), filename=name, format_label=importer.format.label, size=file.size, actor=by,
        request_ref=request_ref,
    )  # fmt: skip
    batch.file.save(name, file, save=False)
    batch.save()
    return batch


# --- checked ------------------------------------------------------------------------------------------------------
def check(pk: int) -> None:
    """The dry run of a batch that waits for it. Nothing of the model is written."""
    with locks.at_work(pk) as mine:
        waiting = ImportBatch.objects.filter(pk=pk, state__in=[ImportState.QUEUED, ImportState.CHECKING])
        if not mine or not waiting.update(state=ImportState.CHECKING, picked_up_at=Now()):
            return
        batch = ImportBatch.objects.get(pk=pk)
        try:
            _check(batch)
            batch.state = ImportState.READY
        except FileError as error:
            batch.state, batch.error = ImportState.FAILED, str(error)
        except Exception:  # the task's boundary: whatever it was, the page must not wait for ever
            logger.exception("check of import %s", pk)
            batch.state = ImportState.FAILED
            batch.error = _("Une erreur technique a arrêté la vérification : renvoyez le fichier, ou prévenez-nous.")
        batch.save()


def _check(batch: ImportBatch) -> None:
    resource = resource_of(batch)
    with batch.file.open("rb") as file, scratch() as refused:
        report = engine.run(
            importer_of(resource), file, batch.size, refused=refused, progress=progress_of(batch),
            reach=Reach.of(resource, batch.actor),
        )  # fmt: skip
        keep(batch, report, refused)


def keep(batch: ImportBatch, report: Report, refused: Any) -> None:
    """Put what a pass found on the batch, without saving it."""
    batch.take(report)
    if batch.refused:
        refused.seek(0)
        batch.refused_file.save("refused.csv", File(refused), save=False)


# --- committed ----------------------------------------------------------------------------------------------------
def ask(batch: ImportBatch, *, before: ImportState, after: ImportState) -> bool:
    """Move a batch from one state to the next, once: the second click of two gets False."""
    asked = ImportBatch.objects.filter(pk=batch.pk, state=before)
    return bool(asked.update(state=after, asked_at=Now(), picked_up_at=None, notices=[]))


def commit(pk: int, actor: int | None) -> None:
    """Import a checked batch that `ask` has set running. If it fails, nothing is imported and it can be asked again."""
    _work(pk, actor, ImportState.RUNNING, ImportState.READY, commit_now)


def commit_now(batch: ImportBatch, by: User | None, *, screen: str = "import-commit", progress: Any = None) -> None:
    """Write the valid lines of a running batch, in one transaction. Raises Changed or FileError: nothing is written."""
    resource = resource_of(batch)
    with audit.by(by, screen=screen, operation=batch.operation), transaction.atomic():
        locks.one_at_a_time(batch.resource)
        refused = scratch()
        with batch.file.open("rb") as file:
            report = engine.run(
                importer_of(resource), file, batch.size, writes=True, refused=refused,
                progress=progress or progress_of(batch), reach=Reach.of(resource, batch.actor, by),
            )  # fmt: skip
        if report.mark != batch.refused_mark:
            raise Changed(report, refused)
        batch.take(report)
        batch.state, batch.done_at = ImportState.DONE, timezone.now()
        _still(batch.pk, ImportState.RUNNING)
        batch.save()


# --- taken back ---------------------------------------------------------------------------------------------------
def take_back(pk: int, actor: int | None) -> None:
    """Undo an imported batch that `ask` has set undoing."""
    _work(pk, actor, ImportState.UNDOING, ImportState.DONE, take_back_now)


def take_back_now(batch: ImportBatch, by: User | None, *, screen: str = "import-undo") -> None:
    """Undo in one transaction. Raises undo.Entangled, with nothing written."""
    model = resource_of(batch).model
    others = ImportBatch.objects.filter(resource=batch.resource, state=ImportState.UNDONE)
    with audit.by(by, screen=screen, operation=f"undo:{batch.pk}"), transaction.atomic():
        locks.one_at_a_time(batch.resource)
        undoing.undo(model, batch.operation, undone=others.values_list("pk", flat=True))
        batch.state = ImportState.UNDONE
        _still(batch.pk, ImportState.UNDOING)
        batch.save()


def entangled_message(resource: type[Resource], error: undoing.Entangled, by: User | None) -> str:
    """Which rows keep an import from being undone, and what to do. Names only those that `by` may see."""
    seen = resource.rows(by) if by else resource.model._default_manager.all()
    rows: dict[int, Model] = seen.in_bulk(error.pks)
    names = [
        f"{resource.title(rows[pk])} (n° {pk})" if pk in rows else _("fiche n° %d, supprimée ou hors de votre vue") % pk
        for pk in error.pks
    ]
    more = _(" et %d autres") % (error.count - len(names)) if error.count > len(names) else ""
    return _(
        "Annulation impossible, rien n’a été changé : des fiches de cet import ont été modifiées ou rattachées à "
        "d’autres depuis (%(names)s%(more)s). Annulez d’abord les imports plus récents qui les touchent, ou corrigez "
        "ces fiches à la main."
    ) % {"names": ", ".join(names), "more": more}


# --- shared -------------------------------------------------------------------------------------------------------
def _work(pk: int, actor: int | None, during: ImportState, back: ImportState, act: Callable[..., None]) -> None:
    """Do the work that a batch waits for, unless another process does; on failure put the batch back and say why."""
    with locks.at_work(pk) as mine:
        if not mine or not ImportBatch.objects.filter(pk=pk, state=during).update(picked_up_at=Now()):
            return
        batch = ImportBatch.objects.get(pk=pk)
        by = User.objects.filter(pk=actor).first() if actor else None
        try:
            act(batch, by)
            return
        except Changed as error:
            batch = ImportBatch.objects.get(pk=pk)
            keep(batch, error.report, error.refused)
            notice = _(
                "Depuis la vérification, la base a changé : d’autres lignes seraient refusées. Rien n’a été importé. "
                "Relisez le résultat puis confirmez."
            )
        except undoing.Entangled as error:
            notice = entangled_message(resource_of(batch), error, by)
        except FileError as error:
            notice = str(error)
        except Exception:  # the task's boundary: the transaction is rolled back, the batch can be asked again
            logger.exception("import %s", pk)
            notice = _("Une erreur technique a arrêté le travail : rien n’a été changé. Vous pouvez recommencer.")
        batch.state, batch.notices = back, [notice]
        batch.done_at = batch.done_at if back == ImportState.DONE else None
        batch.save()


def _still(pk: int, state: ImportState) -> None:
    """Raise when somebody gave the batch up in the meantime: the transaction must not commit."""
    if not ImportBatch.objects.filter(pk=pk, state=state).exists():
        raise RuntimeError(f"import {pk} is no longer {state}")


def notice_crash(batch: ImportBatch) -> ImportBatch:
    """Put back a batch whose worker died (PostgreSQL rolled its transaction back) or whose message was lost."""
    back = {ImportState.RUNNING: ImportState.READY, ImportState.UNDOING: ImportState.DONE}
    state = ImportState(batch.state)
    if state not in (*back, ImportState.QUEUED, ImportState.CHECKING):
        return batch
    lost = batch.picked_up_at is None and batch.asked_at < timezone.now() - _FORGOTTEN
    if not lost and (batch.picked_up_at is None or locks.is_held(batch.pk)):
        return batch
    seen = ImportBatch.objects.filter(pk=batch.pk, state=state, picked_up_at=batch.picked_up_at)
    if state in back:
        notice = _("Le travail a été interrompu : rien n’a été changé. Vous pouvez le relancer.")
        seen.update(state=back[state], notices=[notice])
    else:
        error = _("La vérification a été interrompue : renvoyez le fichier.")
        seen.update(state=ImportState.FAILED, error=error)
    return ImportBatch.objects.get(pk=batch.pk)


def _progress_key(pk: int) -> str:
    return f"import-progress:{pk}"


def progress_of(batch: ImportBatch) -> Callable[[int], None]:
    """Takes percents. Kept in the cache: what the import's own transaction writes, nobody sees before its end."""

    def tell(percents: int) -> None:
        with suppress(RedisError):  # a bar that does not move is no reason to lose an import
            cache.set(_progress_key(batch.pk), percents, timeout=3600)

    tell(0)
    return tell


def progress(batch: ImportBatch) -> int:
    """Percents of the present work."""
    return int(cache.get(_progress_key(batch.pk)) or 0)
