"""Moving a row to the bin, after showing what goes with it."""

from typing import Any

from django.contrib import messages
from django.db import models, router, transaction
from django.db.models.deletion import Collector, ProtectedError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from core.accounts.access import Level
from core.actions.bin import Kept, bin_rows, new_operation
from core.authorship import Author, authors_of
from core.custom.definitions import fields_of
from core.locking import FIELD, lock, opened, seal, snapshot
from core.views.base import ResourceView


class DeleteView(ResourceView):
    level = Level.WRITE

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        row = self.row()
        return self.show(row)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        try:
            with transaction.atomic():
                lock(self.resource.model, pk)
                row = self.row()
                title, operation = self.resource.title(row), new_operation()
                if self.changed(row):
                    return self.show(row, changed=True)
                bin_rows(self.rows.filter(pk=row.pk), by=self.user, operation=operation)
        except Kept as error:
            return self.show(row, error.told(self.user))
        # The message's tag is the address of its « Annuler ».
        undo = reverse("bin-undo", args=[operation])
        messages.success(request, _("« %s » est dans la corbeille.") % title, extra_tags=undo)
        return self.to("list")

    def changed(self, row: models.Model) -> bool:
        """Whether somebody changed the row since the person was asked."""
        base = opened(self.resource.model, row.pk, self.request.POST.get(FIELD))
        return base is not None and base.values != self.seen(row)

    def seen(self, row: models.Model) -> dict[str, Any]:
        custom = [field.name for field in fields_of(self.resource.model)]
        return snapshot(row, sorted({*self.resource.form.base_fields, *custom} - self.resource.hidden_from(self.user)))

    def show(self, row: models.Model, error: str = "", changed: bool = False) -> HttpResponse:
        context = {
            "resource": self.resource,
            "record": {"pk": row.pk, "title": self.resource.title(row)},
            "error": error,
            "base": seal(row, self.seen(row)),
            "changed": self.author(row) if changed else None,
            "consequences": self.consequences(row),
            "cancel_url": self.resource.url("record", row.pk),
        }
        return render(self.request, "core/confirm_delete.html", context)

    def author(self, row: models.Model) -> Author:
        """Who changed the row last; the system, when its history does not say."""
        authors = authors_of(row, self.seen(row)).values()
        unknown = Author(None, _("quelqu’un"), row.updated_at)  # type: ignore[attr-defined]
        return max(authors, key=lambda author: author.at, default=unknown)

    def consequences(self, row: models.Model) -> list[str]:
        """What else the deletion touches: "3 contacts seront détachés"."""
        collector = Collector(using=router.db_for_write(row.__class__))
        lines = []
        try:
            collector.collect([row])
        except ProtectedError:
            return []
        for (field, _value), groups in collector.field_updates.items():
            count = len([kept for group in groups for kept in group])  # type: ignore[attr-defined]
            if count:
                plural = field.model._meta.verbose_name_plural
                lines.append(_("Détachés, mais gardés : %(count)s (%(what)s)") % {"count": count, "what": plural})
        for model, rows in collector.data.items():
            if model is not row.__class__ and rows:
                lines.append(f"{_('Supprimés avec')} : {len(rows)} ({model._meta.verbose_name_plural})")
        return lines
