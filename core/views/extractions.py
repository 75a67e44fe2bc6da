"""« Extractions »: what left the instance, by whom, when; one's own, and for administrators everybody's."""

import datetime as dt
from typing import Any

from django.core.exceptions import FieldDoesNotExist, PermissionDenied
from django.db.models import QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.accounts.access import Level
from core.columns import label_of
from core.exporting.files import LIVES, is_over, outcomes, still_theirs
from core.exporting.plan import TAGS
from core.exporting.recording import reachable
from core.models import ExportFile, Extraction
from core.models.extractions import Outcome, Way
from core.registry import registry
from core.resource import Col, Resource
from core.views.base import InstanceView

_PAGE = 50
_TONES = {Outcome.COMPLETE: "good", Outcome.INTERRUPTED: "warn", Outcome.CANCELLED: "neutral", Outcome.FAILED: "danger"}
_SCOPES = {
    "own": gettext_lazy("Ses fiches"),
    "team": gettext_lazy("Celles de l’équipe"),
    "all": gettext_lazy("Toutes les fiches"),
}


class _Extractions(InstanceView):
    @property
    def sees_all(self) -> bool:
        return self.user.may("settings", Level.MANAGE)


class ExtractionsView(_Extractions):
    """The register, newest first. What the address asks for and nobody knows is ignored."""

    def get(self, request: HttpRequest) -> HttpResponse:
        asked = self.asked()
        rows = self.narrowed(reachable(self.user), asked).order_by("-pk")
        found = list(rows[: _PAGE + 1])
        page = found[:_PAGE]
        ends = outcomes(page)
        context = {
            "rows": [shown(row, ends) for row in page],
            "filters": self.filters(asked),
            "filtered": any(asked.values()),
            "everyone": self.sees_all,
            "more_url": self.more(found[_PAGE - 1].pk) if len(found) > _PAGE else "",
        }
        return render(request, "core/extractions.html", context)

    def asked(self) -> dict[str, str]:
        given = self.request.GET
        known = {
            "resource": list(registry.by_label),
            "way": Way.values,
            "by": [str(pk) for pk in self.people] if self.sees_all else [],
        }
        out = {name: given.get(name, "") if given.get(name) in values else "" for name, values in known.items()}
        for name in ("since", "until"):
            day = _day(given.get(name, ""))
            out[name] = day.isoformat() if day else ""
        return out

    @cached_property
    def people(self) -> dict[int, str]:
        """Those who took something out, by the name that the register gives them."""
        named = Extraction.objects.exclude(actor=None).order_by("actor", "-pk").distinct("actor")
        return dict(named.values_list("actor", "actor_name"))

    def narrowed(self, rows: QuerySet[Extraction], asked: dict[str, str]) -> QuerySet[Extraction]:
        for name, field in (("resource", "resource"), ("way", "way"), ("by", "actor")):
            if asked[name]:
                rows = rows.filter(**{field: asked[name]})
        if since := _day(asked["since"]):
            rows = rows.filter(at__gte=_midnight(since))
        if until := _day(asked["until"]):
            rows = rows.filter(at__lt=_midnight(until + dt.timedelta(days=1)))
        before = self.request.GET.get("before", "")
        return rows.filter(pk__lt=int(before)) if before.isascii() and before.isdigit() and len(before) < 19 else rows

    def filters(self, asked: dict[str, str]) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = [
            {"name": "resource", "label": _("Liste"), "any": _("Toutes les listes"),
             "options": [(resource.key(), resource.label_plural) for resource in registry]},
            {"name": "way", "label": _("Nature"), "any": _("Toutes les natures"), "options": Way.choices},
        ]  # fmt: skip
        if self.sees_all:
            people = sorted(((str(pk), name) for pk, name in self.people.items()), key=lambda one: one[1])
            found.append({"name": "by", "label": _("Par"), "any": _("Tout le monde"), "options": people})
        found += [{"name": "since", "label": _("Du"), "day": True}, {"name": "until", "label": _("Au"), "day": True}]
        return [{**filter_, "value": asked[filter_["name"]]} for filter_ in found]

    def more(self, before: int) -> str:
        params = self.request.GET.copy()
        params["before"] = str(before)
        return f"{reverse('extractions')}?{params.urlencode()}"


class ExtractionView(_Extractions):
    """One of them: everything that the register knows, and its file while it is there."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        row = get_object_or_404(reachable(self.user), pk=pk)
        kept = ExportFile.objects.filter(extraction=row, owner=self.user).first()
        resource = registry.by_label.get(row.resource)
        context = {
            **shown(row, outcomes([row])),
            "columns": [_column(resource, name) for name in row.columns],
            "scope": _SCOPES.get(row.scope, row.scope),
            "file_url": reverse("extraction-file", args=[row.pk]) if kept and not is_over(kept) else "",
            "until": kept.made_at + LIVES if kept else None,
        }
        return render(request, "core/extraction.html", context)


class ExtractionFileView(_Extractions):
    """The file, for who asked for it, within a day, and while their rights are still those it was made with."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        kept = get_object_or_404(ExportFile.objects.select_related("extraction"), extraction=pk, owner=self.user)
        if is_over(kept):
            return render(request, "core/export_expired.html", status=410)
        if not still_theirs(kept.extraction, self.user):
            raise PermissionDenied
        try:
            content = kept.file.open("rb")
        except FileNotFoundError as error:
            raise Http404 from error
        answer = FileResponse(content, as_attachment=True, filename=kept.filename)
        answer["Cache-Control"] = "private, no-store"
        answer["Content-Encoding"] = "identity"
        return answer


def shown(row: Extraction, ends: dict[int, str]) -> dict[str, Any]:
    resource = registry.by_label.get(row.resource)
    outcome = ends[row.pk]
    end = getattr(row, "end", None)
    return {
        "row": row,
        "end": end,
        "url": reverse("extraction", args=[row.pk]),
        "list": resource.label_plural if resource else row.resource,
        "icon": {Way.PRINT: "printer", Way.API: "link"}.get(Way(row.way), "download"),
        "way": Way(row.way).label,
        "outcome": Outcome(outcome).label if outcome else _("En cours"),
        "tone": _TONES[Outcome(outcome)] if outcome else "info",
    }


def _column(resource: type[Resource] | None, name: str) -> str:
    """A column by its heading; a field that is gone by its name."""
    if name == TAGS:
        return _("Étiquettes")
    if resource is None:
        return name
    try:
        return label_of(resource, next((col for col in resource.columns if col.name == name), Col(name)))
    except FieldDoesNotExist:
        return name


def _day(text: str) -> dt.date | None:
    """None for what is no date, or none that the register can have."""
    try:
        day = parse_date(text)
    except ValueError:
        return None
    return day if day and 2000 <= day.year <= 2200 else None


def _midnight(day: dt.date) -> dt.datetime:
    return timezone.make_aware(dt.datetime.combine(day, dt.time()))
