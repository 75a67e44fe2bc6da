"""The bin: what was deleted, by whom, until when; back, or away for good."""

import uuid
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.accounts.access import Level, Scope
from core.accounts.models import User
from core.actions.bin import KEEP
from core.actions.restoring import NotRestored, destroy_rows, restore_operation, restore_rows
from core.models import BinnedRow
from core.references import resource_named
from core.registry import registry
from core.views.base import InstanceView

_PAGE = 50


def reachable(user: User) -> QuerySet[BinnedRow]:
    """One's own deletions, and everybody's in the modules where one may change every row."""
    whole = [
        resource.key()
        for resource in registry
        if resource.may(user, Level.WRITE) and resource.scope(user, Level.WRITE) is Scope.ALL
    ]
    writable = [resource.key() for resource in registry if resource.may(user, Level.WRITE)]
    return BinnedRow.objects.filter(Q(model__in=whole) | Q(by=user, model__in=writable))


class BinView(InstanceView):
    def check(self, request: HttpRequest) -> None:
        if not any(resource.may(request.user, Level.WRITE) for resource in registry):  # type: ignore[arg-type]
            raise PermissionDenied

    def get(self, request: HttpRequest) -> HttpResponse:
        before = request.GET.get("before", "")
        rows = reachable(self.user).defer("content").select_related("by").order_by("-pk")
        if before.isascii() and before.isdigit() and len(before) < 19:
            rows = rows.filter(pk__lt=int(before))
        found = list(rows[: _PAGE + 1])
        context = {
            "rows": [self.shown(row) for row in found[:_PAGE]],
            "more_url": f"{reverse('bin')}?before={found[_PAGE - 1].pk}" if len(found) > _PAGE else "",
            "destroys": self.user.may("settings", Level.MANAGE),
            "days": KEEP.days,
        }
        return render(request, "core/bin.html", context)

    def shown(self, row: BinnedRow) -> dict[str, Any]:
        resource = resource_named(row.model)
        return {
            "row": row,
            "label": resource.label if resource else row.model,
            "avatar": resource.look.avatar if resource else "square",
            "until": row.binned_at + KEEP,
        }


class RestoreView(BinView):
    """One row back."""

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        return redirect("bin")

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        row = get_object_or_404(reachable(self.user).defer("content"), pk=pk)
        try:
            restore_rows(BinnedRow.objects.filter(pk=row.pk))
        except NotRestored as error:
            messages.error(request, str(error))
            return redirect("bin")
        messages.success(request, _("« %s » est restaurée.") % row.title)
        return _to_row(row, self.user)


class UndoView(BinView):
    """« Annuler », on the message that follows a deletion: everything that the gesture deleted comes back."""

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        return redirect("bin")

    def post(self, request: HttpRequest, operation: str) -> HttpResponse:
        try:
            found = restore_operation(uuid.UUID(operation), by=self.user)
        except ValueError as error:
            raise Http404 from error
        except NotRestored as error:
            messages.error(request, str(error))
            return redirect("bin")
        if len(found) == 1:
            messages.success(request, _("« %s » est restaurée.") % found[0].title)
            return _to_row(found[0], self.user)
        messages.success(request, ngettext("%d fiche restaurée.", "%d fiches restaurées.", len(found)) % len(found))
        resource = resource_named(found[0].model)
        return redirect(resource.list_url if resource else "home")


class DestructionView(BinView):
    """One row, or with `all` everything one sees, away for good. Administrators only."""

    def check(self, request: HttpRequest) -> None:
        super().check(request)
        if not request.user.may("settings", Level.MANAGE):  # type: ignore[union-attr]
            raise PermissionDenied

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        return redirect("bin")

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        row = get_object_or_404(reachable(self.user).defer("content"), pk=pk)
        if not destroy_rows(BinnedRow.objects.filter(pk=row.pk)):
            raise Http404
        messages.success(request, _("« %s » est détruite, avec ses notes et ses fichiers.") % row.title)
        return redirect("bin")


def _to_row(row: BinnedRow, user: User) -> HttpResponse:
    """To the record, when it is among this person's rows."""
    resource = resource_named(row.model)
    if resource and resource.rows(user).filter(pk=row.object_id).exists():
        return redirect(resource.url("record", row.object_id))
    return redirect("bin")
