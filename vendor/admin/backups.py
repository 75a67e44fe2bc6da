"""The fleet's backups as ops see them: where each stands, and what to do with one. Work is left to the workers."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backups import requests, retention, status, tasks
from backups.models import AlarmSent, Backup, Download, RequestState, RestoreRequest
from core.templatetags.french import size
from tenants.models import Client
from vendor.admin.site import ops


class _Shown(admin.ModelAdmin):
    """The catalogue is written by the engine alone."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Backup, site=ops)
class BackupAdmin(_Shown):
    list_display = (
        "seq",
        "client_code",
        "kind",
        "trigger",
        "slot",
        "state",
        "shown_size",
        "verified_at",
        "kept",
        "hold",
    )
    list_filter = ("state", "kind", "trigger", "doubtful_clock", "slot")
    search_fields = ("client_code",)
    date_hierarchy = "slot"
    list_per_page = 50
    actions = ("prove", "hold_them", "release_them", "back_up_clients")

    def changelist_view(self, request: HttpRequest, extra_context: dict | None = None) -> HttpResponse:
        """With what is wrong above: it is the first thing that ops must see."""
        if request.method == "GET":
            for alarm in status.report().alarms:
                self.message_user(request, alarm, messages.ERROR)
        return super().changelist_view(request, extra_context)

    @admin.display(description=gettext_lazy("taille"), ordering="size")
    def shown_size(self, row: Backup) -> str:
        return size(row.size)

    @admin.display(description=gettext_lazy("gardée au moins jusqu’au"))
    def kept(self, row: Backup) -> str:
        return retention.kept_until(row.slot).strftime("%d/%m/%Y") if row.is_verified else "—"

    @admin.action(description=gettext_lazy("Relire et restaurer à l’essai"))
    def prove(self, request: HttpRequest, rows: QuerySet[Backup]) -> None:
        for row in rows.restorable():  # type: ignore[attr-defined]
            tasks.prove.delay(row.pk)
        self.message_user(request, _("Les sauvegardes choisies sont en cours de vérification."))

    @admin.action(description=gettext_lazy("Garder au-delà du terme"))
    def hold_them(self, request: HttpRequest, rows: QuerySet[Backup]) -> None:
        for row in rows.restorable():  # type: ignore[attr-defined]
            retention.hold(row, _("par %(person)s") % {"person": f"ops {request.user.pk}"})
        self.message_user(request, _("Elles n’expirent plus."))

    @admin.action(description=gettext_lazy("Ne plus garder au-delà du terme"))
    def release_them(self, request: HttpRequest, rows: QuerySet[Backup]) -> None:
        for row in rows:
            retention.release(row)
        self.message_user(request, _("Elles expirent comme les autres."))

    @admin.action(description=gettext_lazy("Sauvegarder ces clients maintenant (complète)"))
    def back_up_clients(self, request: HttpRequest, rows: QuerySet[Backup]) -> None:
        found = Client.objects.filter(pk__in=set(rows.order_by().values_list("client_id", flat=True)))
        for client in found:
            tasks.full_now.delay(client.pk)
        names = format_html_join(", ", "{}", ((client.code,) for client in found))
        self.message_user(request, format_html(_("Sauvegardes demandées : {}"), names))


@admin.register(RestoreRequest, site=ops)
class RestoreRequestAdmin(_Shown):
    list_display = ("pk", "client_code", "backup", "state", "asked_at", "ended_at", "message")
    list_filter = ("state",)
    search_fields = ("client_code",)
    actions = ("restore", "refuse")

    @admin.action(description=gettext_lazy("Restaurer : l’instance redevient ce qu’elle était"))
    def restore(self, request: HttpRequest, rows: QuerySet[RestoreRequest]) -> None:
        for row in rows.filter(state=RequestState.ASKED):
            tasks.restore.delay(row.pk)
        self.message_user(request, _("Les restaurations demandées commencent."))

    @admin.action(description=gettext_lazy("Refuser"))
    def refuse(self, request: HttpRequest, rows: QuerySet[RestoreRequest]) -> None:
        for row in rows:
            requests.close(row, RequestState.REFUSED, _("Refusée par l’exploitation."))
        self.message_user(request, _("Les demandes en attente sont refusées."))


@admin.register(Download, site=ops)
class DownloadAdmin(_Shown):
    """What left, as the client's own administrators see it; the archive itself is only for who asked."""

    list_display = ("pk", "client_code", "backup", "made_at", "rows", "shown_size", "handed_over", "removed_at")
    search_fields = ("client_code",)

    @admin.display(description=gettext_lazy("taille"), ordering="size")
    def shown_size(self, row: Download) -> str:
        return size(row.size)

    @admin.display(description=gettext_lazy("remise"))
    def handed_over(self, row: Download) -> int:
        return row.fetches.count()


@admin.register(AlarmSent, site=ops)
class AlarmAdmin(_Shown):
    list_display = ("at", "text")
