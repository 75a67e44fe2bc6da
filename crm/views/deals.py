"""Deals on a board and in a forecast; moved, won and lost."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.functional import cached_property
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.accounts.access import Level
from core.forms import CleanInput
from core.htmx import wants_partial
from core.views.base import ResourceView
from core.views.listing import FacetView
from core.views.panel import PanelView
from crm.actions.deals import NeedsReason, close_deal, place_deal
from crm.board import DAYS, BoardListing, Column, ShownListing, add_totals, columns_of, lately, next_cards, open_sum
from crm.forecast import Month, months_of, won_since
from crm.models import LostReason, Pipeline, Stage
from crm.models.deal import State
from crm.models.pipeline import StageKind
from crm.resources.deal import every_stage


def key_of(text: str | None) -> int | None:
    """A key from a form or an address; None for what is none."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 19 else None


class OfPipeline(ResourceView):
    """A page about one pipeline: that of `?pipeline=`, else the first."""

    @cached_property
    def _stages(self) -> dict[Pipeline, list[Stage]]:
        """Of each pipeline in use, in their order. One query."""
        found: dict[Pipeline, list[Stage]] = {}
        for stage in every_stage():
            if not stage.pipeline.archived:
                found.setdefault(stage.pipeline, []).append(stage)
        return found

    @property
    def pipelines(self) -> list[Pipeline]:
        return list(self._stages)

    @property
    def stages(self) -> list[Stage]:
        """Those of the pipeline that is shown."""
        return self._stages[self.pipeline] if self.pipeline else []

    @cached_property
    def pipeline(self) -> Pipeline | None:
        wanted = key_of(self.request.GET.get("pipeline"))
        return next((one for one in self.pipelines if one.pk == wanted), next(iter(self.pipelines), None))

    def shown_with(self, page: str, listing: BoardListing) -> dict[str, Any]:
        """What both pages need around their content."""
        query = listing.base_params()
        query.pop("column", None)
        others = query.copy()
        tabs = []
        for one in self.pipelines:
            others["pipeline"] = str(one.pk)
            tabs.append({"label": one.name, "url": f"?{others.urlencode()}", "current": one == self.pipeline})
        return {
            "resource": self.resource,
            "listing": listing,
            "can": self.can(),
            "query": query.urlencode(),
            "displays": self.resource.displayed(page, query.urlencode()),
            "pipelines": tabs if len(tabs) > 1 else [],
            "pipeline": self.pipeline,
            "settings_url": reverse("crm-pipelines") if self.user.may("crm", Level.MANAGE) else "",
        }


class BoardView(OfPipeline):
    """`?column=<stage>&after=<deal>`: the cards that come next, for htmx."""

    def get(self, request: HttpRequest) -> HttpResponse:
        listing = BoardListing(self.user, request.GET, self.pipeline)
        stages = self.stages
        if "column" in request.GET:
            return self.more(listing, stages)
        columns = columns_of(listing, stages)
        listing.total = sum(column.count for column in columns)  # of the menus' « Voir les résultats »
        partial = wants_partial(request)
        context = {
            **self.shown_with("board", listing),
            "columns": columns,
            "days": DAYS,
            "open": open_sum(columns),
            "partial": partial,
            "base": self.resource.list_url,
        }
        response = render(request, "crm/board.html#board" if partial else "crm/board.html", context)
        patch_vary_headers(response, ["HX-Request-Type"])
        return response

    def more(self, listing: BoardListing, stages: list[Stage]) -> HttpResponse:
        wanted, after = key_of(self.request.GET.get("column")), key_of(self.request.GET.get("after"))
        stage = next((stage for stage in stages if stage.pk == wanted), None)
        if stage is None or after is None:
            raise Http404
        column = next_cards(listing, stage, after)
        query = listing.base_params()
        for name in ("column", "after"):
            query.pop(name, None)
        context = {"column": column, "base": self.resource.list_url, "can": self.can(), "query": query.urlencode(),
                   "resource": self.resource}  # fmt: skip
        return render(self.request, "crm/_board_more.html", context)


class BoardFacetView(OfPipeline, FacetView):
    """The counts of what the board shows."""

    def listing(self) -> ShownListing:
        return ShownListing(self.user, self.request.GET, self.stages, lately())


class ForecastFacetView(OfPipeline, FacetView):
    def listing(self) -> ShownListing:
        return ShownListing(self.user, self.request.GET, self.stages, won_since(), page="forecast")


class MoveView(OfPipeline):
    """POST `stage`, with `above` and `below` (keys of the deals around it) from a board.

    To a page: the record again. To `fetch`: {"totals": {stage: [count, sum]}, "open": [count, sum]}, or
    {"ask": address} where a reason is to be given first.
    """

    level = Level.WRITE

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        deal: Any = self.row()
        stage = get_object_or_404(Stage, pk=key_of(request.POST.get("stage")) or 0)
        fetch = "fetch" in request.POST
        before = deal.state
        try:
            place_deal(
                deal, stage=stage, above=key_of(request.POST.get("above")), below=key_of(request.POST.get("below")),
                by=self.user,
            )  # fmt: skip
        except NeedsReason:
            url = f"{self.resource.url('closure', pk)}?stage={stage.pk}"
            back = urlencode({"board": request.GET.urlencode()})
            return JsonResponse({"ask": f"{url}&{back}"}) if fetch else redirect(url)
        won = stage.kind == StageKind.WON and before != State.WON
        said = (_("« %s » est gagnée.") if won else _("« %(name)s » : étape %(stage)s.")) % (
            deal.name if won else {"name": deal.name, "stage": stage.name}
        )
        if not fetch:
            messages.success(request, said)
            return self.to("record", pk)
        listing = BoardListing(self.user, request.GET, self.pipeline)
        columns = [Column(stage) for stage in self.stages]
        add_totals(listing.filtered, columns)
        totals = {column.stage.pk: [column.count_label, column.total_label] for column in columns}
        return JsonResponse({"totals": totals, "open": open_sum(columns), "said": said if won else ""})


class ClosureForm(CleanInput, forms.Form):
    reason = forms.ModelChoiceField(LostReason.objects.none(), label=gettext_lazy("Motif"), empty_label="—")
    note = forms.CharField(
        label=gettext_lazy("Ce qu’il faut en retenir"), required=False, max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}), help_text=gettext_lazy("Ajouté à la note de l’affaire."),
    )  # fmt: skip

    def __init__(self, *args: Any, stage: Stage, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if stage.kind == StageKind.LOST:
            self.fields["reason"].queryset = LostReason.objects.filter(archived=False)  # type: ignore[attr-defined]
        else:
            del self.fields["reason"]


class ClosureView(PanelView):
    """« Gagnée », « Perdue » : what is to be said of it. `?stage=`: one where deals are over."""

    level = Level.WRITE

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        deal, stage = self.row(), self.stage()
        return self.ask(deal, stage, ClosureForm(stage=stage))

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        deal: Any = self.row()
        stage = self.stage()
        form = ClosureForm(request.POST, stage=stage)
        if not form.is_valid():
            return self.ask(deal, stage, form)
        close_deal(
            deal, stage=stage, reason=form.cleaned_data.get("reason"), note=form.cleaned_data["note"], by=self.user
        )
        won = stage.kind == StageKind.WON
        messages.success(request, (_("« %s » est gagnée.") if won else _("« %s » est perdue.")) % deal.name)
        if "board" in request.GET:  # back to it, as it was
            return redirect(f"{self.resource.url('board')}?{request.GET['board']}")
        return self.to("record", pk)

    def stage(self) -> Stage:
        over = Stage.objects.exclude(kind=StageKind.OPEN)
        return get_object_or_404(over, pk=key_of(self.request.GET.get("stage")) or 0)

    def ask(self, deal: Any, stage: Stage, form: ClosureForm) -> HttpResponse:
        words = _("Affaire gagnée") if stage.kind == StageKind.WON else _("Affaire perdue")
        context = {"form": form, "deal": deal, "stage": stage, "back_url": self.resource.url("record", deal.pk)}
        return self.panel("crm/_closure.html", words, context)


class ForecastView(OfPipeline):
    """Month by month: what is won, and what may be."""

    def get(self, request: HttpRequest) -> HttpResponse:
        listing = BoardListing(self.user, request.GET, self.pipeline, page="forecast")
        # By its stages: the index that sums has them, and not the pipeline.
        stages = list(self.pipeline.stages.values_list("pk", flat=True)) if self.pipeline else []
        rows = listing.filtered.filter(stage__in=stages)
        late, *months, later = every = months_of(rows)
        highest = max(month.won + month.amount for month in every)
        context = {
            **self.shown_with("forecast", listing),
            "months": [self.line(month, highest) for month in months],
            "late": self.line(late, highest),
            "later": self.line(later, highest),
            "amount": sum(month.amount for month in every),
            "weighted": sum(month.weighted for month in every),
            "won": sum(month.won for month in every),
        }
        partial = wants_partial(request)
        response = render(request, "crm/forecast.html#forecast" if partial else "crm/forecast.html", context)
        patch_vary_headers(response, ["HX-Request-Type"])
        return response

    def line(self, month: Month, highest: Any) -> dict[str, Any]:
        """A month with the lists behind its figures."""
        return {
            "month": month,
            "bar": _bar(month, highest),
            "open_url": self.list_of(state=State.OPEN, expected=month.value),
            "won_url": self.list_of(state=State.WON, closed=month.value),
        }

    def list_of(self, **filters: str) -> str:
        params = self.request.GET.copy()
        for name in ("expected", "closed", "state", "rotting", "pipeline"):
            params.pop(name, None)
        for name, value in filters.items():
            params[name] = value
        params["pipeline"] = str(self.pipeline.pk) if self.pipeline else ""
        return f"{self.resource.list_url}?{params.urlencode()}"


def _bar(month: Month, highest: Any) -> SafeString:
    """Won, then what open deals weigh, then the rest of their amounts; decorative: the figures stand beside it."""
    x, out = 0.0, []
    for css, value in (("won", month.won), ("weighted", month.weighted), ("rest", month.amount - month.weighted)):
        width = float(100 * value / highest) if highest else 0.0
        if width:
            out.append(f'<rect class="{css}" x="{x:.2f}" width="{width:.2f}" height="8"/>')
        x += width
    opening = '<svg class="forecast-bar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">'
    return SafeString(f"{opening}{''.join(out)}</svg>")
