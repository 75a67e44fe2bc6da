"""What a client's administrator asks of its backups, as jobs with their progress: look, bring back."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from backups import downloads
from backups.errors import BackupError
from backups.models import Backup
from backups.overwriting import changed, overwrite
from backups.recovering import Recovered, missing, recover
from backups.rows import model_named
from core.accounts.models import User
from core.display import number
from core.exporting.recording import Origin
from core.jobs import JobError, Result, Running, job_kind
from core.registry import registry
from core.resource import Resource
from core.templatetags.french import size
from tenants.active import active_client

COMPARE, RECOVER = "backup-compare", "backup-recover"
DIFFER, OVERWRITE = "backup-differ", "backup-overwrite"
DOWNLOAD = "backup-download"
SHOWN = 500  # rows offered one by one; beyond, all or the first ones
_READ = gettext_lazy("La sauvegarde est relue et restaurée à côté…")


@contextmanager
def _refusals() -> Iterator[None]:
    """What a backup refuses, in the words of a job."""
    try:
        yield
    except BackupError as error:
        raise JobError(str(error)) from error


@job_kind(COMPARE, label=gettext_lazy("Recherche dans une sauvegarde"), restart=True, atomic=False)
def compare(job: Running, *, seq: int, model: str) -> Result:
    """The rows that a backup has and the instance no longer has, to choose from."""
    job.say(str(_READ))
    with _refusals():
        count, rows = missing(active_client(), _backup(seq), model_named(model), limit=SHOWN)
    if not count:
        return Result(message=_("Rien ne manque : toutes ces fiches de la sauvegarde sont encore là."))
    found = ngettext(
        "%(count)s fiche de la sauvegarde n’est plus là.", "%(count)s fiches de la sauvegarde ne sont plus là.", count
    ) % {"count": number(count)}
    return Result(
        message=found,
        url=reverse("backup-found", args=[job.pk]),
        data={"seq": seq, "model": model, "count": count, "rows": rows},
    )


@job_kind(RECOVER, label=gettext_lazy("Retour de fiches d’une sauvegarde"), atomic=False)
def bring_back(job: Running, *, seq: int, model: str, keys: list[Any] | None, url: str) -> Result:
    """Bring back the rows that were chosen, all that are gone when `keys` is None."""
    job.say(str(_READ))
    with _refusals():
        done = recover(active_client(), _backup(seq), model_named(model), keys, by=job.owner)
    if done.refused and not done.rows:
        raise JobError(told(done))
    return Result(message=told(done), url=url)


@job_kind(DIFFER, label=gettext_lazy("Comparaison avec une sauvegarde"), restart=True, atomic=False)
def differ(job: Running, *, seq: int, model: str) -> Result:
    """The rows that are there with other values than in a backup, to choose from."""
    job.say(str(_READ))
    with _refusals():
        resource, owner = _theirs(job, model)
        count, rows = changed(active_client(), _backup(seq), resource, by=owner, limit=SHOWN)
    if not count:
        return Result(message=_("Rien ne diffère : toutes ces fiches ont les valeurs de la sauvegarde."))
    found = ngettext(
        "%(count)s fiche n’a pas les mêmes valeurs que dans la sauvegarde.",
        "%(count)s fiches n’ont pas les mêmes valeurs que dans la sauvegarde.",
        count,
    ) % {"count": number(count)}
    return Result(
        message=found,
        url=reverse("backup-changed", args=[job.pk]),
        data={"seq": seq, "model": model, "count": count, "changed": rows},
    )


@job_kind(OVERWRITE, label=gettext_lazy("Valeurs d’une sauvegarde remises"), atomic=False)
def put_values_back(job: Running, *, seq: int, model: str, rows: list[list[Any]], url: str) -> Result:
    """Put the values of a backup back in the rows that were chosen. `rows`: (key, stamp of what was shown)."""
    job.say(str(_READ))
    with _refusals():
        resource, owner = _theirs(job, model)
        done = overwrite(active_client(), _backup(seq), resource, dict(map(tuple, rows)), by=owner)
    said = ngettext(
        "%(count)s fiche a les valeurs de la sauvegarde.",
        "%(count)s fiches ont les valeurs de la sauvegarde.",
        done.rows,
    ) % {"count": number(done.rows)}
    text = f"{said} {refusals(done)}".strip()
    if done.refused and not done.rows:
        raise JobError(text)
    return Result(message=text, url=url)


@job_kind(DOWNLOAD, label=gettext_lazy("Archive d’une sauvegarde"), restart=True, atomic=False)
def archive(job: Running, *, seq: int, screen: str, address: str | None) -> Result:
    """A backup as an archive that its client opens. Its row and the register come last: again is safe."""
    job.say(str(_READ))
    if job.owner is None:
        raise JobError(_("La personne qui demandait n’est plus là."))
    with _refusals():
        made = downloads.make(
            active_client(), _backup(seq), by=job.owner, origin=Origin(screen, address), total=job.total,
            advance=lambda count: job.advance(count, _("L’archive s’écrit…")),
        )  # fmt: skip
    said = _("L’archive est prête (%(size)s) ; elle est détruite dans vingt-quatre heures.") % {"size": size(made.size)}
    return Result(message=said, url=reverse("backup-download", args=[made.pk]))


def told(done: Recovered) -> str:
    """What came back, what did not and why."""
    parts = [
        ngettext("%(count)s fiche est revenue", "%(count)s fiches sont revenues", done.rows)
        % {"count": number(done.rows)}
    ]
    if done.others:
        text = ngettext("%(count)s autre ligne avec", "%(count)s autres lignes avec", done.others)
        parts.append(text % {"count": number(done.others)})
    if done.relinked:
        text = ngettext("%(count)s lien rétabli", "%(count)s liens rétablis", done.relinked)
        parts.append(text % {"count": number(done.relinked)})
    if done.files:
        parts.append(ngettext("%(count)s fichier", "%(count)s fichiers", done.files) % {"count": number(done.files)})
    said = ", ".join(parts) + "."
    return f"{said} {refusals(done)}".strip()


def refusals(done: Recovered) -> str:
    """Which rows were left as they are, and why; "" when there are none."""
    if not done.refused:
        return ""
    names = "\n".join(f"– {name} : {why}" for name, why in done.refused[:20])
    return _("Restent comme elles sont (%(count)s) :") % {"count": number(len(done.refused))} + "\n" + names


def _theirs(job: Running, model: str) -> tuple[type[Resource], User]:
    """The list, and who asked: what they may not see is not compared. Raises BackupError."""
    resource = registry.by_label.get(model)
    if resource is None or job.owner is None:
        raise BackupError(_("Cette liste n’existe plus, ou la personne qui demandait."))
    return resource, job.owner


def _backup(seq: int) -> Backup:
    found = Backup.objects.of(client_id=active_client().pk).filter(pk=seq).first()
    if found is None:
        raise BackupError(_("Cette sauvegarde n’existe pas."))
    return found
