"""Duplicates: told while one types, listed after a scan, set aside."""

from typing import Any

from django import forms
from django.contrib import messages
from django.db import models
from django.db.models import Q, QuerySet
from django.db.models.functions import Now
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _

from core.accounts.access import Level
from core.custom.definitions import field_of
from core.display import rich
from core.fields import LookupField
from core.forms import CleanInput
from core.jobs import start_job
from core.jobs.showing import card
from core.merging.finding import Alike, alike, typed, values_of
from core.models import DuplicatePair, Job, Merge
from core.models.jobs import UNFINISHED
from core.models.merging import MERGE_DAYS
from core.views.base import ResourceView

PAGE = 30
TABS = ("pairs", "dismissed", "merges")


class SimilarView(ResourceView):
    """What is being typed, posted by a form: the notice of what it looks like, or nothing. Changes nothing."""

    level = Level.WRITE

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.to("duplicates")

    def post(self, request: HttpRequest) -> HttpResponse:
        assert self.resource.duplicates is not None
        prefix = "quick" if request.POST.get("_prefix") == "quick" else None
        form = self.resource.form(request.POST, None, user=self.user, prefix=prefix)
        row = request.POST.get("_row", "")
        besides = int(row) if row.isascii() and row.isdigit() and len(row) < 19 else None
        found = alike(self.resource, self.user, typed(form, self.resource.duplicates), besides=besides)
        context = {"resource": self.resource, "found": [_shown(self.resource, one, self.user) for one in found]}
        return render(request, "core/_similar.html", context)


def _shown(resource: Any, one: Alike, user: Any) -> dict[str, Any]:
    hidden = resource.hidden_from(user)
    names = [col.name for col in resource.columns if col.name not in hidden][1:5]
    facts = [rich(field_of(resource.model, name), one.row) for name in names if name != "updated_at"]
    return {
        "title": resource.title(one.row),
        "url": resource.url("record", one.row.pk),
        "pk": one.row.pk,
        "reasons": one.reasons,
        "facts": [fact for fact in facts if fact],
    }


class DuplicatesView(ResourceView):
    """The pairs of the last scan whose two rows the person may change; those set aside; the merges."""

    level = Level.WRITE

    def get(self, request: HttpRequest) -> HttpResponse:
        tab = request.GET.get("tab", "")
        tab = tab if tab in TABS else TABS[0]
        rows: list[dict[str, Any]] = self.merges() if tab == "merges" else self.pairs(tab)
        job = self.job()
        labels = (_("À examiner"), _("Écartés"), _("Fusions"))
        context = {
            "resource": self.resource,
            "tab": tab,
            "tabs": [
                {"label": label, "url": f"?tab={name}" if name != TABS[0] else "?", "current": name == tab}
                for name, label in zip(TABS, labels, strict=True)
            ],
            "rows": rows[:PAGE],
            "more_url": f"?tab={tab}&before={rows[PAGE - 1]['after']}" if len(rows) > PAGE else "",
            "job": job,
            "card": card(job, self.user) if job and not job.is_finished and job.owner_id == self.user.pk else None,
            "days": MERGE_DAYS,
        }
        return render(request, "core/duplicates.html", context)

    def post(self, request: HttpRequest) -> HttpResponse:
        """Look through the whole base, unless that is being done."""
        running = self.scans().filter(state__in=UNFINISHED)
        if not running.exists():
            label = _("Doublons : %s") % self.resource.label_plural
            start_job("duplicates", label=label, by=self.user, args={"resource": self.resource.key()})
        return self.to("duplicates")

    def scans(self) -> QuerySet[Job]:
        return Job.objects.filter(kind="duplicates", args__resource=self.resource.key())

    def job(self) -> Job | None:
        return self.scans().order_by("-pk").first()

    def pairs(self, tab: str) -> list[dict[str, Any]]:
        mine = self.resource.rows(self.user, Level.WRITE)
        found = DuplicatePair.objects.filter(
            model=self.resource.key(), object_id__in=mine.values("pk"), other_id__in=mine.values("pk")
        )
        if tab == "pairs":
            found = _after(
                found.filter(dismissed_at=None).order_by("-score", "-pk"), self.request.GET.get("before", "")
            )
        else:
            found = (
                found.filter(dismissed_at__isnull=False).order_by("-dismissed_at", "-pk").select_related("dismissed_by")
            )
        shown = list(found[: PAGE + 1])
        keys = {key for pair in shown for key in (pair.object_id, pair.other_id)}
        rows = {row.pk: row for row in mine.filter(pk__in=keys).select_related()}
        return [self.pair(pair, rows) for pair in shown]

    def pair(self, pair: DuplicatePair, rows: dict[int, models.Model]) -> dict[str, Any]:
        assert self.resource.duplicates is not None
        rules = [self.resource.duplicates.rule(name) for name in pair.reasons]
        sides = [_shown(self.resource, Alike(rows[key]), self.user) for key in (pair.object_id, pair.other_id)]
        return {
            "pair": pair,
            "sides": sides,
            "reasons": [rule.label for rule in rules if rule],
            "after": f"{pair.score}.{pair.pk}",
            "merge_url": self.resource.url("merge", pair.object_id, pair.other_id),
            "dismiss_url": self.resource.url("duplicate", pair.pk),
        }

    def merges(self) -> list[dict[str, Any]]:
        mine = self.resource.rows(self.user, Level.WRITE)
        found = Merge.objects.filter(model=self.resource.key()).filter(
            Q(into_id__in=mine.values("pk")) | Q(object_id__in=mine.values("pk"))
        )
        before = self.request.GET.get("before", "")
        if before.isascii() and before.isdigit() and len(before) < 19:
            found = found.filter(pk__lt=int(before))
        shown = list(found.defer("content").select_related("by").order_by("-pk")[: PAGE + 1])
        rows = {row.pk: row for row in mine.filter(pk__in=[done.into_id for done in shown])}
        return [
            {
                "merge": done,
                "into": self.resource.title(rows[done.into_id]) if done.into_id in rows else "",
                "into_url": self.resource.url("record", done.into_id) if done.into_id in rows else "",
                "url": self.resource.url("merged", done.pk),
                "after": done.pk,
            }
            for done in shown
        ]


def _after(found: QuerySet[DuplicatePair], place: str) -> QuerySet[DuplicatePair]:
    score, _dot, pk = place.partition(".")
    if score.isascii() and score.isdigit() and pk.isascii() and pk.isdigit() and len(place) < 20:
        return found.filter(Q(score__lt=int(score)) | Q(score=int(score), pk__lt=int(pk)))
    return found


class DismissView(ResourceView):
    """« Ce n’est pas un doublon », kept; and back."""

    level = Level.WRITE

    def get(self, request: HttpRequest, pair: int) -> HttpResponse:
        return self.to("duplicates")

    def post(self, request: HttpRequest, pair: int) -> HttpResponse:
        found = get_object_or_404(DuplicatePair, pk=pair, model=self.resource.key())
        wanted = [found.object_id, found.other_id]
        if self.resource.rows(self.user, Level.WRITE).filter(pk__in=wanted).count() != len(wanted):
            raise Http404
        back = bool(request.POST.get("back"))
        DuplicatePair.objects.filter(pk=found.pk).update(
            dismissed_at=None if back else Now(), dismissed_by=None if back or not self.user.pk else self.user.pk
        )
        messages.success(request, _("De nouveau à examiner.") if back else _("Noté : ce ne sont pas des doublons."))
        return self.to("duplicates")


class _OtherForm(CleanInput, forms.Form):
    """Any other record of those that the person may change."""

    def __init__(self, data: Any, *, resource: Any, user: Any, row: models.Model) -> None:
        super().__init__(data)
        field = LookupField(resource.model, label=_("Autre fiche"))
        field.queryset = resource.rows(user, Level.WRITE).exclude(pk=row.pk)
        self.fields["other"] = field


class SameAsView(ResourceView):
    """From a record: what looks like it, and the choice of any other to merge it with."""

    level = Level.WRITE

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        assert self.resource.duplicates is not None
        row = self.row()
        found = alike(self.resource, self.user, values_of(row, self.resource.duplicates), besides=row.pk, limit=12)
        mine = self.resource.rows(self.user, Level.WRITE).filter(pk__in=[one.row.pk for one in found])
        writable = set(mine.values_list("pk", flat=True))
        shown = [_shown(self.resource, one, self.user) for one in found if one.row.pk in writable]
        for one in shown:
            one["merge_url"] = self.resource.url("merge", row.pk, one["pk"])
        form = _OtherForm(
            request.GET if "other" in request.GET else None, resource=self.resource, user=self.user, row=row
        )
        if form.is_valid():
            return self.to("merge", row.pk, form.cleaned_data["other"].pk)
        context = {
            "resource": self.resource,
            "record": {"pk": row.pk, "title": self.resource.title(row), "url": self.resource.url("record", row.pk)},
            "found": shown,
            "form": form,
        }
        return render(request, "core/same_as.html", context)
