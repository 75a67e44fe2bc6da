"""What a client's own page shows of its backups."""

import datetime as dt
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from backups import jobs, requests
from backups.errors import BackupError
from backups.models import KEPT, Backup, Download, RequestState, State
from backups.retention import kept_until
from backups.slots import next_due
from core.accounts.access import Level, Scope
from core.accounts.models import User
from core.jobs import jobs_of, start_job
from core.models import JobState
from core.registry import registry
from core.resource import Resource
from core.views.base import SettingsView
from tenants.connection import connection
from tenants.models import Client

TOLD = dt.timedelta(days=30)
_TONES = {
    State.RUNNING: "info",
    State.STORED: "info",
    State.VERIFIED: "success",
    State.FAILED: "danger",
    State.ABORTED: "warning",
    State.PRUNED: "neutral",
}


class OfBackups(SettingsView):
    """Backups are the business of the client's administrators."""

    def backup(self) -> Backup:
        """The one of the address, of this client, that can be restored; else 404."""
        for backup in backups_of(connection.schema_name):
            if backup.pk == self.kwargs["seq"] and backup.state in KEPT:
                return backup
        raise Http404


class BackupsView(OfBackups):
    """The client's administrators see success and failure alike (R12)."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return render(request, "backups/list.html", context_of(connection.schema_name))


class BackupView(OfBackups):
    """One backup, whatever its state, and what can be done with it."""

    def get(self, request: HttpRequest, seq: int) -> HttpResponse:
        found = next((backup for backup in backups_of(connection.schema_name) if backup.pk == seq), None)
        if found is None:
            raise Http404
        return render(request, "backups/detail.html", {"backup": row_of(found)})


class RestorationView(OfBackups):
    """The whole instance as it was: asked here, decided by the vendor's ops."""

    def get(self, request: HttpRequest, seq: int) -> HttpResponse:
        return render(request, "backups/restoration.html", {"backup": self.backup()})

    def post(self, request: HttpRequest, seq: int) -> HttpResponse:
        backup = self.backup()
        if request.POST.get("sure") != "on":
            context = {"backup": backup, "error": _("Cochez la case pour confirmer.")}
            return render(request, "backups/restoration.html", context)
        try:
            requests.ask(backup, by=self.user.pk)
        except BackupError as error:
            context = {"backup": backup, "error": str(error)}
            return render(request, "backups/restoration.html", context)
        messages.success(request, _("La restauration est demandée : l’exploitation vous répond ici."))
        return redirect("backups")


class WithdrawalView(OfBackups):
    """The request is taken back, while nobody began."""

    def post(self, request: HttpRequest) -> HttpResponse:
        client = Client.objects.filter(schema_name=connection.schema_name).first()
        asked = requests.open_of(client.pk) if client else None
        if asked and requests.close(asked, RequestState.WITHDRAWN):
            messages.success(request, _("La demande est retirée."))
        else:
            messages.error(request, _("Il n’y a plus de demande à retirer."))
        return redirect("backups")


class RecoveryView(OfBackups):
    """Which rows are looked for in a backup."""

    def get(self, request: HttpRequest, seq: int) -> HttpResponse:
        return self.page(self.backup())

    def post(self, request: HttpRequest, seq: int) -> HttpResponse:
        backup = self.backup()
        resource = registry.by_label.get(request.POST.get("model", ""))
        if resource is None or resource not in recoverable(self.user):
            return self.page(backup, error=_("Choisissez ce qui est à rechercher."))
        label = _("%(things)s dans la sauvegarde n° %(seq)s") % {"things": resource.label_plural, "seq": backup.pk}
        args = {"seq": backup.pk, "model": resource.key()}
        kind = jobs.DIFFER if request.POST.get("what") == "changed" else jobs.COMPARE
        return redirect("job", start_job(kind, label=label, by=self.user, args=args).pk)

    def page(self, backup: Backup, error: str = "") -> HttpResponse:
        context = {"backup": backup, "resources": recoverable(self.user), "error": error}
        return render(self.request, "backups/recovery.html", context)


class FoundView(OfBackups):
    """What a backup has and the instance no longer has: which rows return."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self.page(self.found(pk))

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        found = self.found(pk)
        offered = {str(key): key for key, _name in found["rows"]}
        chosen = [offered[key] for key in request.POST.getlist("row") if key in offered]
        everything = request.POST.get("which") == "all"
        if not (everything or chosen):
            return self.page(found, error=_("Cochez au moins une fiche."))
        resource = registry.by_label[found["model"]]
        label = _("%(things)s de la sauvegarde n° %(seq)s") % {"things": resource.label_plural, "seq": found["seq"]}
        args = {
            "seq": found["seq"], "model": found["model"], "keys": None if everything else chosen,
            "url": resource.list_url,
        }  # fmt: skip
        return redirect("job", start_job(jobs.RECOVER, label=label, by=self.user, args=args).pk)

    def found(self, pk: int) -> dict[str, Any]:
        """What a search of this person's found; 404 for another's."""
        job = get_object_or_404(jobs_of(self.user), pk=pk, kind=jobs.COMPARE, state=JobState.DONE)
        model = job.result.get("model")
        if not job.result.get("rows") or registry.by_label.get(model) not in recoverable(self.user):
            raise Http404
        return job.result

    def page(self, found: dict[str, Any], error: str = "") -> HttpResponse:
        context = {**found, "resource": registry.by_label[found["model"]], "error": error}
        return render(self.request, "backups/found.html", context)


class ChangedView(OfBackups):
    """What has other values in a backup: which rows get them back. For who compared: it shows what they may see."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self.page(self.found(pk))

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        found = self.found(pk)
        asked = set(request.POST.getlist("row"))
        chosen = [[row["key"], row["stamp"]] for row in found["changed"] if str(row["key"]) in asked]
        if not chosen:
            return self.page(found, error=_("Cochez au moins une fiche."))
        resource = registry.by_label[found["model"]]
        label = _("%(things)s : valeurs de la sauvegarde n° %(seq)s") % {
            "things": resource.label_plural,
            "seq": found["seq"],
        }
        args = {"seq": found["seq"], "model": found["model"], "rows": chosen, "url": resource.list_url}
        return redirect("job", start_job(jobs.OVERWRITE, label=label, by=self.user, args=args).pk)

    def found(self, pk: int) -> dict[str, Any]:
        mine = jobs_of(self.user).filter(owner=self.user)
        job = get_object_or_404(mine, pk=pk, kind=jobs.DIFFER, state=JobState.DONE)
        if not job.result.get("changed") or registry.by_label.get(job.result["model"]) not in recoverable(self.user):
            raise Http404
        return job.result

    def page(self, found: dict[str, Any], error: str = "") -> HttpResponse:
        resource = registry.by_label[found["model"]]
        context = {**found, "resource": resource, "error": error, "updated": {"kind": "updated"}}
        return render(self.request, "backups/changed.html", context)


def recoverable(user: User) -> list[type[Resource]]:
    """The resources whose every row this person may change."""
    return [
        resource
        for resource in registry
        if resource.may(user, Level.WRITE) and resource.scope(user, Level.WRITE) is Scope.ALL
    ]


def backups_of(schema: str) -> list[Backup]:
    """The backups of an existing client, newest first; none of a deleted one that had the same name."""
    client = Client.objects.filter(schema_name=schema).first()
    return list(Backup.objects.of(client_id=client.pk)) if client else []


def context_of(schema: str) -> dict:
    """The context of `backups/list.html`."""
    client = Client.objects.filter(schema_name=schema).first()
    asked = requests.last_of(client.pk) if client else None
    left = Download.objects.filter(client_id=client.pk).select_related("backup")[:5] if client else []
    return {"backups": rows_of(schema), "next_at": next_due(), "asked": asked, "downloads": left}


def rows_of(schema: str) -> list[dict]:
    """The rows of `backups/list.html`: those that are kept, and what became of the others lately."""
    since = timezone.now() - TOLD
    return [row_of(one) for one in backups_of(schema) if one.state in KEPT or one.started_at > since]


def row_of(backup: Backup) -> dict[str, Any]:
    """Also of `backups/detail.html`: `when` is an aware datetime, `size` bytes or None, `until` a date or None."""
    to = {
        f"{name}_url": reverse(f"backup-{page}", args=[backup.pk]) if backup.is_verified else ""
        for name, page in (("recovery", "recovery"), ("download", "download-request"), ("restoration", "restoration"))
    }
    return {
        "seq": backup.seq,
        "when": backup.started_at,
        "kind": backup.get_kind_display(),
        "size": backup.size,
        "rows": backup.rows,
        "files": backup.files,
        "state": backup.get_state_display(),
        "tone": _TONES[State(backup.state)],
        "verified": backup.is_verified,
        "verified_at": backup.verified_at,
        "drilled_at": backup.drilled_at,
        "until": _until(backup),
        "held": bool(backup.hold),
        "note": backup.note,
        "error": backup.error,
        "url": reverse("backup", args=[backup.pk]),
        **to,
    }


def _until(backup: Backup) -> dt.date | None:
    """The day whose evening's copy lets this one go, when each evening succeeds; later when one does not."""
    return kept_until(backup.slot) if backup.state in KEPT and not backup.hold else None
