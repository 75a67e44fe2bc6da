"""What a person was told."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from core.actions.notifications import mark_read, notifications_of
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
