"""What a client's administrator asks of its backups, as jobs with their progress: look, bring back."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from backups.errors import BackupError
from backups.models import Backup
from backups.recovering import Recovered, missing, model_named, recover
from core.display import number
from core.jobs import JobError, Result, Running, job_kind
from tenants.active import active_client

COMPARE, RECOVER = "backup-compare", "backup-recover"
SHOWN = 500  # rows offered one by one; beyond, all or the first ones


@job_kind(COMPARE, label=gettext_lazy("Recherche dans une sauvegarde"), restart=True, atomic=False)
def compare(job: Running, *, seq: int, model: str) -> Result:
    """The rows that a backup has and the instance no longer has, to choose from."""
    job.say(_("La sauvegarde est relue et restaurée à côté…"))
    try:
        count, rows = missing(active_client(), _backup(seq), model_named(model), limit=SHOWN)
    except BackupError as error:
        raise JobError(str(error)) from error
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
    job.say(_("La sauvegarde est relue et restaurée à côté…"))
    try:
        done = recover(active_client(), _backup(seq), model_named(model), keys, by=job.owner)
    except BackupError as error:
        raise JobError(str(error)) from error
    if done.refused and not done.rows:
        raise JobError(told(done))
    return Result(message=told(done), url=url)


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
    if done.refused:
        names = "\n".join(f"– {name} : {why}" for name, why in done.refused[:20])
        said += " " + _("N’ont pas pu revenir (%(count)s) :") % {"count": number(len(done.refused))} + "\n" + names
    return said


def _backup(seq: int) -> Backup:
    found = Backup.objects.of(client_id=active_client().pk).filter(pk=seq).first()
    if found is None:
        raise BackupError(_("Cette sauvegarde n’existe pas."))
    return found
