"""What a person was told."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from core.actions.notifications import choices_of, choose, mark_read, notifications_of
from core.models.notifications import Channel
from core.notifying.kinds import kind_of, kinds
from core.views.base import InstanceView

_PAGE = 50


class NotificationsView(InstanceView):
    def get(self, request: HttpRequest) -> HttpResponse:
        before = request.GET.get("before", "")
        rows = notifications_of(request.user)  # type: ignore[arg-type]
        if before.isascii() and before.isdigit() and len(before) < 19:
            rows = rows.filter(pk__lt=int(before))
        found = list(rows[: _PAGE + 1])
        more = f"{reverse('notifications')}?before={found[_PAGE - 1].pk}" if len(found) > _PAGE else ""
        for row in found:
            row.icon = kind_of(row.kind).icon  # type: ignore[attr-defined]
        context = {"rows": found[:_PAGE], "more_url": more, "unread": any(not row.read_at for row in found)}
        return render(request, "core/notifications.html", context)

    def post(self, request: HttpRequest) -> HttpResponse:
        """All read."""
        mark_read(notifications_of(request.user))  # type: ignore[arg-type]
        return redirect("notifications")


class NotificationView(InstanceView):
    """Opening one marks it read and leads to its page; with `stay`, only marks it."""

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        found = get_object_or_404(notifications_of(request.user), pk=pk)  # type: ignore[arg-type]
        mark_read(notifications_of(request.user).filter(pk=pk))  # type: ignore[arg-type]
        here = url_has_allowed_host_and_scheme(found.url, allowed_hosts=None)
        return redirect(found.url if here and "stay" not in request.POST else "notifications")


class PreferencesView(InstanceView):
    """« Mes préférences » : by which way one wants each kind of news."""

    def get(self, request: HttpRequest) -> HttpResponse:
        chosen = choices_of(request.user)  # type: ignore[arg-type]
        rows = [{"kind": kind, "chosen": chosen[kind.code]} for kind in kinds()]
        return render(request, "core/my_preferences.html", {"rows": rows, "channels": Channel.choices})

    def post(self, request: HttpRequest) -> HttpResponse:
        """What is not among the ways is left as it was."""
        for kind in kinds():
            channel = request.POST.get(kind.code, "")
            if channel in Channel.values:
                choose(request.user, kind.code, Channel(channel))  # type: ignore[arg-type]
        messages.success(request, _("Vos préférences sont enregistrées."))
        return redirect("my-preferences")
