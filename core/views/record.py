"""A record: its facts, what points to it, its history."""

from typing import Any

from django.db import models
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from core.accounts.access import Level
from core.display import rich
from core.history import events_of
from core.listing import Listing
from core.neighbours import neighbours
from core.resource import Related, Resource
from core.views.base import ResourceView

_RELATED = 10  # rows of each related list on the record


class RecordView(ResourceView):
    tab = "overview"

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        row = self.row()
        around = neighbours(self.resource, self.user, row, request.GET)
        return render(request, "core/detail.html", self.context(row) | around)

    def context(self, row: models.Model) -> dict[str, Any]:
        resource = self.resource
        return {
            "resource": resource,
            "can": self.can(row),
            "tab": self.tab,
            "record": {
                "pk": row.pk,
                "title": resource.title(row),
                "subtitle": resource.subtitle_of(row, self.user),
                "badge": resource.badge_of(row, self.user),
                "avatar": resource.avatar,
                "facts": self.facts(row),
                "edit_url": resource.url("edit", row.pk),
                "delete_url": resource.url("delete", row.pk),
                "created_at": row.created_at,  # type: ignore[attr-defined]
                "updated_at": row.updated_at,  # type: ignore[attr-defined]
            },
            "tabs": [
                self._tab("overview", _("Vue d’ensemble"), resource.url("record", row.pk)),
                self._tab("history", _("Historique"), resource.url("history", row.pk)),
            ],
            "related": [
                self._related(related, row)
                for related in resource.related
                if self.tab == "overview" and related.resource.may(self.user, Level.READ)
            ],
            "history": events_of(resource, row.pk, self.user)[: 5 if self.tab == "overview" else None],
        }

    def _tab(self, name: str, label: str, url: str) -> dict[str, Any]:
        return {"name": name, "label": label, "url": url, "current": name == self.tab, "count": None}

    def facts(self, row: models.Model) -> list[dict[str, Any]]:
        """The fields of the form that this person may see, in its order, as label and value."""
        facts = []
        hidden = self.resource.hidden_from(self.user)
        for name in self.resource.form.base_fields:
            if name in hidden:
                continue
            field = self.resource.model._meta.get_field(name)
            html = rich(field, row)  # type: ignore[arg-type]
            facts.append(
                {
                    "name": name,
                    "label": capfirst(str(field.verbose_name)),  # type: ignore[union-attr]
                    "html": html,
                    "empty": html == "",
                    "copy": str(getattr(row, name)) if name in ("siren", "siret", "email", "vat_number") else "",
                    "long": isinstance(field, models.TextField),
                }
            )
        return facts

    def _related(self, related: Related, row: models.Model) -> dict[str, Any]:
        resource: type[Resource] = related.resource
        listing = Listing(resource, self.request.user, self.request.GET.__class__())  # type: ignore[arg-type]
        listing.filtered = listing.filtered.filter(**{related.field: row})
        rows = listing.rows[:_RELATED]
        hidden = [index for index, cell in enumerate(listing.columns[1:]) if cell.name == related.field]
        for shown in rows:
            shown.cells = [cell for index, cell in enumerate(shown.cells) if index not in hidden]
        writes = resource.may(self.request.user, Level.WRITE)  # type: ignore[arg-type]
        query = f"?{related.field}={row.pk}"
        return {
            "label": resource.label_plural,
            "resource": resource,
            "columns": [c for c in listing.columns if c.name != related.field],
            "rows": rows,
            "count": listing.total_label,
            "more_url": resource.list_url + query if listing.total > _RELATED else "",
            "create_url": resource.create_url + query if writes else "",
        }


class HistoryView(RecordView):
    tab = "history"
