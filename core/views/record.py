"""A record: its facts, what points to it, its activity and its history."""

from typing import Any

from django.db import models
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.http import urlencode
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from core import record_reads
from core.accounts.access import Level
from core.actions.tags import tags_of
from core.activity import stream
from core.custom.definitions import field_of, fields_of
from core.display import rich
from core.exporting.recording import may_extract
from core.history import PAGE, events_of
from core.listing import MAX_TRAIL, Listing
from core.models import Merge
from core.neighbours import neighbours
from core.presenting import with_names
from core.resource import Related, Resource
from core.tabs import count_label
from core.views.base import ResourceView

_FEW = 5  # rows of each related list on the overview
_MANY = 50  # on their own tab


class RecordView(ResourceView):
    tab = "overview"
    template = "core/detail.html"
    _facts_url = (0, "")
    level = Level.READ

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self.page(self.row())

    def page(self, row: models.Model, **extra: Any) -> HttpResponse:
        around = neighbours(self.resource, self.user, row, self.request.GET)
        context = {**self.context(row), **self.content(row), **around, **extra}
        return render(self.request, self.template, context)

    def context(self, row: models.Model) -> dict[str, Any]:
        """What every tab shows around its content."""
        resource = self.resource
        can = self.can(row)
        fixed = resource.fixed(row)
        return {
            "resource": resource,
            "can": can,
            "tab": self.tab,
            "record": {
                "pk": row.pk,
                "title": resource.title(row),
                "subtitle": resource.subtitle_of(row, self.user),
                "badge": resource.badge_of(row, self.user),
                "avatar": resource.look.avatar,
                "facts": self.facts(row, editable=can["edit"]),
                "tags": tags_of(resource.key(), [row.pk]).get(row.pk, []),
                "url": resource.url("record", row.pk),
                "edit_url": "" if fixed else resource.url("edit", row.pk),  # what is left changes in place
                "fixed_columns": {field_of(resource.model, name).column for name in fixed},
                "delete_url": resource.url("delete", row.pk),
                "same_as_url": resource.url("same-as", row.pk) if resource.duplicates and can["edit"] else "",
                "tags_url": resource.url("tags", row.pk),
                "print_url": resource.url("print", row.pk) if may_extract(resource, self.user) else "",
                "notes_url": resource.url("notes", row.pk),
                "trail": self.trail,
                "files_url": resource.url("files", row.pk),
                "created_at": row.created_at,  # type: ignore[attr-defined]
                "updated_at": row.updated_at,  # type: ignore[attr-defined]
            },
            "tabs": self.tabs(row),
            "banner": resource.banner(row, self.user, can),
        }

    def content(self, row: models.Model) -> dict[str, Any]:
        """What this tab shows."""
        entries, after = stream(self.resource, row, self.user, self.request.GET.get("activity", ""))
        more = f"{self.resource.url('record', row.pk)}?activity={after}#activity" if after else ""
        return {"related": self.related(row, _FEW), "activity": with_names(entries), "more_url": more}

    # --- tabs -------------------------------------------------------------------------------------------------------
    def tabs(self, row: models.Model) -> list[dict[str, Any]]:
        tabs = [self._tab("overview", _("Vue d’ensemble"), row, "record")]
        readable = self.readable()
        # All of the tabs' figures in one query.
        notes, files, *counts = record_reads.counts(self.resource, self.user, row, readable)
        self.pointing = dict(zip(readable, counts, strict=True))
        if readable:
            label = readable[0].resource.label_plural if len(readable) == 1 else _("Fiches liées")
            tabs.append(self._tab("related", label, row, "related", sum(counts)))
        tabs += [self._tab(name, str(label), row, name) for name, label in self.resource.tabs(self.user)]
        tabs.append(self._tab("notes", _("Notes"), row, "notes", notes))
        tabs.append(self._tab("files", _("Fichiers"), row, "files", files))
        tabs.append(self._tab("history", _("Historique"), row, "history"))
        return tabs

    @property
    def trail(self) -> str:
        """The list that the person came from, kept from tab to tab."""
        origin = self.request.GET.get("from", "")
        return f"?{urlencode({'from': origin})}" if 0 < len(origin) <= MAX_TRAIL else ""

    def _tab(self, name: str, label: str, row: models.Model, page: str, count: int | None = None) -> dict[str, Any]:
        return {
            "name": name,
            "label": label,
            "url": self.resource.url(page, row.pk) + self.trail,
            "current": name == self.tab,
            "count": count_label(count) if count is not None else None,
        }

    # --- facts ------------------------------------------------------------------------------------------------------
    def facts(self, row: models.Model, *, editable: bool) -> list[dict[str, Any]]:
        """The fields of the form that this person may see, in its order, as label and value."""
        hidden = self.resource.hidden_from(self.user)
        names = [*self.resource.form.base_fields, *(field.name for field in fields_of(self.resource.model))]
        fixed = self.resource.fixed(row)
        return [self.fact(row, name, editable=editable and name not in fixed) for name in names if name not in hidden]

    def _before_fact(self, pk: int) -> str:
        """The address of a record's facts up to the name: asking for each of thirty costs as much as a query."""
        if self._facts_url[0] != pk:
            self._facts_url = (pk, self.resource.url("field", pk, "x").removesuffix("x/"))
        return self._facts_url[1]

    def fact(self, row: models.Model, name: str, *, editable: bool) -> dict[str, Any]:
        field = field_of(self.resource.model, name)
        html = rich(field, row)
        return {
            "name": name,
            "label": capfirst(str(field.verbose_name)),
            "html": html,
            "empty": html == "",
            "copy": str(getattr(row, name)) if name in ("siren", "siret", "email", "vat_number") else "",
            "long": isinstance(field, models.TextField),
            "edit_url": f"{self._before_fact(row.pk)}{name}/" if editable else "",
            "form_url": f"{self._before_fact(row.pk).removesuffix('fields/')}edit/#field-{name}",
        }

    # --- what points here -------------------------------------------------------------------------------------------
    def readable(self) -> list[Related]:
        return [related for related in self.resource.related if related.resource.may(self.user, Level.READ)]

    def related(self, row: models.Model, limit: int) -> list[dict[str, Any]]:
        return [self._related(related, row, limit) for related in self.readable()]

    def _related(self, related: Related, row: models.Model, limit: int) -> dict[str, Any]:
        resource: type[Resource] = related.resource
        listing = Listing(resource, self.user, QueryDict(), size=limit, only={related.field: row})
        listing.total = self.pointing[related]
        rows = listing.rows
        hidden = [index for index, cell in enumerate(listing.columns[1:]) if cell.name == related.field]
        for shown in rows:
            shown.cells = [cell for index, cell in enumerate(shown.cells) if index not in hidden]
        query = f"?{related.field}={row.pk}"
        return {
            "label": resource.label_plural,
            "resource": resource,
            "columns": [c for c in listing.columns if c.name != related.field],
            "rows": rows,
            "count": listing.total_label,
            "more_url": resource.list_url + query if listing.total > limit else "",
            "create_url": resource.create_url + query if resource.may(self.user, Level.WRITE) else "",
        }


class RelatedView(RecordView):
    tab = "related"

    def content(self, row: models.Model) -> dict[str, Any]:
        return {"related": self.related(row, _MANY)}


class HistoryView(RecordView):
    tab = "history"

    def content(self, row: models.Model) -> dict[str, Any]:
        before = self.request.GET.get("before", "")
        start = int(before) if before.isascii() and before.isdigit() and len(before) < 19 else None
        entries = events_of(self.resource, row.pk, self.user, before=start)
        last = entries[-1]["id"] if len(entries) >= PAGE else None
        more = f"{self.resource.url('history', row.pk)}?before={last}" if last else ""
        return {"history": entries, "more_url": more, "merges": self.merges(row)}

    def merges(self, row: models.Model) -> list[dict[str, Any]]:
        """The records that this one was made of."""
        if self.resource.duplicates is None:
            return []
        found = Merge.objects.filter(model=self.resource.key(), into_id=row.pk, undone_at=None)
        return [
            {"title": done.title, "at": done.at, "by": done.by, "url": self.resource.url("merged", done.pk)}
            for done in found.defer("content").select_related("by").order_by("-pk")[:_FEW]
        ]
