"""Deleting a row, after showing what goes with it."""

from django.contrib import messages
from django.db import models, router, transaction
from django.db.models.deletion import Collector, ProtectedError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.accounts.access import Level
from core.registry import registry
from core.views.base import ResourceView


class DeleteView(ResourceView):
    level = Level.WRITE

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        row = self.row()
        return self.show(row)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        row = self.row()
        title = self.resource.title(row)
        try:
            with transaction.atomic():
                row.delete()
        except ProtectedError as error:
            return self.show(row, self.refusal(error), status=409)
        messages.success(request, _("« %s » est supprimé ; son historique reste.") % title)
        return self.to("list")

    def refusal(self, error: ProtectedError) -> str:
        """What keeps the row: by name where this person may see it, as a number otherwise."""
        kept = list(error.protected_objects)
        seen: list[models.Model] = []
        for model in {type(row) for row in kept}:
            resource = registry.of(model)
            pks = [row.pk for row in kept if type(row) is model]
            seen += resource.rows(self.user).filter(pk__in=pks)[:5] if resource else []
        names = [str(row) for row in seen[:5]]
        if len(kept) > len(names):
            count = len(kept) - len(names)
            names.append(ngettext("%d autre fiche", "%d autres fiches", count) % count)
        return _("Impossible, la suppression casserait : %s. Détachez d’abord.") % ", ".join(names)

    def show(self, row: models.Model, error: str = "", status: int = 200) -> HttpResponse:
        context = {
            "resource": self.resource,
            "record": {"pk": row.pk, "title": self.resource.title(row)},
            "error": error,
            "consequences": self.consequences(row),
            "cancel_url": self.resource.url("record", row.pk),
        }
        return render(self.request, "core/confirm_delete.html", context, status=status)

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
