"""How deals are shown and changed."""

import datetime as dt
from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import cached_property
from typing import Any

import django_filters
from django.db.models import QuerySet
from django.forms import DateInput, ModelChoiceField, Textarea
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_filters.fields import ModelChoiceIterator, ModelMultipleChoiceField

from core.accounts.models import User
from core.fields import LookupField
from core.filters import Facet, PersonFacet
from core.forms import ResourceForm
from core.registry import register
from core.resource import Badge, Col, Display, Look, Related, Resource, View
from core.statements import compiled
from crm.actions.deals import first_stage
from crm.filters import MonthAhead, MonthBehind, TextOrNone
from crm.models import Company, Contact, Deal, LostReason, Site, Stage
from crm.models.deal import IN_DAYS, State
from crm.models.pipeline import StageKind
from crm.resources.activity import ActivityResource


class StagesIterator(ModelChoiceIterator):
    """Stages in their order, told with their pipeline where there are several. One query."""

    def __iter__(self) -> Iterator[tuple[Any, str]]:
        empty = getattr(self.field, "empty_label", None)
        if empty is not None:
            yield "", empty
        stages = self.stages()
        several = len({stage.pipeline_id for stage in stages}) > 1
        for stage in stages:
            yield stage.pk, f"{stage.pipeline} · {stage}" if several else stage.name

    def stages(self) -> list[Stage]:
        return list(self.queryset.all())


@compiled
def every_stage() -> QuerySet:
    """Those of archived pipelines too, with their pipelines, in order."""
    return Stage.objects.select_related("pipeline")


class EveryStage(StagesIterator):
    """Those that a list filters by: every list of deals asks."""

    def stages(self) -> list[Stage]:
        return every_stage()


class _StagesField(ModelMultipleChoiceField):
    iterator = EveryStage


class StageFacet(django_filters.ModelMultipleChoiceFilter):
    """Any of the ticked stages."""

    icon = "square-kanban"
    field_class = _StagesField

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, queryset=_stages, distinct=False, **kwargs)


def _stages(request: Any) -> Any:
    return Stage.objects.select_related("pipeline")


class DealFilters(django_filters.FilterSet):
    state = Facet(choices=State, label=_("État"), icon="flag")
    stage = StageFacet(label=_("Étape"))
    owner = PersonFacet(label=_("Responsable"))
    expected = MonthAhead("expected_on", label=_("Échéance"))
    closed = MonthBehind("closed_at", label=_("Conclue"), icon="circle-check")
    rotting = Facet(
        "stage_since", choices=[("1", _("À relancer"))], label=_("Suivi"), icon="hourglass", method="only_rotting"
    )
    amount_min = django_filters.NumberFilter("amount", "gte", label=_("Montant d’au moins"))
    pipeline = django_filters.NumberFilter(label=_("Circuit"))
    company = django_filters.NumberFilter(label=_("Société"))
    contact = django_filters.NumberFilter(label=_("Contact"))
    site = django_filters.NumberFilter(label=_("Site"))
    source = TextOrNone(label=_("Origine"))

    class Meta:
        model = Deal
        fields = ["state", "stage", "owner", "expected", "closed", "rotting", "amount_min", "pipeline",
                  "company", "contact", "site", "source"]  # fmt: skip

    def only_rotting(self, rows: Any, name: str, value: list[str]) -> Any:
        return rows.rotting() if value else rows


class StageField(ModelChoiceField):
    iterator = StagesIterator


class DealForm(ResourceForm):
    company = LookupField(Company, label=_("Société"), required=False)
    contact = LookupField(Contact, label=_("Contact"), required=False)
    site = LookupField(Site, label=_("Site"), required=False)
    stage = StageField(queryset=Stage.objects.none(), label=_("Étape"), required=False, empty_label=None)
    lost_reason = ModelChoiceField(
        queryset=LostReason.objects.none(), label=_("Motif de perte"), required=False,
        help_text=_("Nécessaire pour une affaire perdue, et pour elle seule."),
    )  # fmt: skip

    fieldsets = (
        (_("Affaire"), ("name", "company", "contact", "site", "source")),
        (_("Vente"), ("stage", "amount", "expected_on", "probability", "lost_reason")),
        (_("Suivi"), ("owner", "note")),
    )

    class Meta:
        model = Deal
        fields = [
            "name", "company", "contact", "site", "source", "stage", "amount", "expected_on", "probability",
            "lost_reason", "owner", "note",
        ]  # fmt: skip
        widgets = {
            "note": Textarea(attrs={"rows": 4}),
            "expected_on": DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "stage" in self.fields:
            stages = Stage.objects.select_related("pipeline")
            self.fields["stage"].queryset = (  # type: ignore[attr-defined]
                stages.filter(pipeline__archived=False) | stages.filter(pk=self.instance.stage_id)
            )
        for name in ("amount", "expected_on"):  # without one, the model's own
            if name in self.fields:
                self.fields[name].required = False
        if "lost_reason" in self.fields:
            known = LostReason.objects.all()
            self.fields["lost_reason"].queryset = (  # type: ignore[attr-defined]
                known.filter(archived=False) | known.filter(pk=self.instance.lost_reason_id)
            )
        if self.instance._state.adding:
            self.initial["expected_on"] = self.initial.get("expected_on") or _in_a_month()
            if not self.is_bound and self.start is not None:
                self.initial.setdefault("stage", self.start.pk)

    @cached_property
    def start(self) -> Stage | None:
        """The stage of a deal of which nobody says any."""
        return first_stage()

    def _clean_site(self, data: dict[str, Any]) -> None:
        """A site is of the deal's company; a deal without one takes the site's."""
        site, company = data.get("site"), data.get("company")
        if site is None or "company" not in self.fields or "company" in self.errors:
            return
        if company is None:
            data["company"] = site.company
        elif site.company_id not in (None, company.pk):
            self.add_error("site", _("Ce site est celui de « %s », non de la société de l’affaire.") % site.company)

    def clean_amount(self) -> Decimal:
        return self.cleaned_data["amount"] or Decimal(0)

    def clean_expected_on(self) -> dt.date:
        return self.cleaned_data["expected_on"] or _in_a_month()

    def clean(self):
        data = super().clean() or {}
        self._clean_site(data)
        stage = data.get("stage")
        if stage is None and "stage" not in self.errors:
            stage = data["stage"] = self.instance.stage if self.instance.stage_id else self.start
            if stage is None:
                self.add_error(None, _("Il n’y a plus de circuit de vente : un responsable doit en créer un."))
        if stage is None:
            return data
        if stage.kind != StageKind.LOST:
            if data.get("lost_reason") and "lost_reason" in self.changed_data:
                self.add_error(
                    "lost_reason", _("Une affaire n’a de motif de perte que perdue : changez d’abord son étape.")
                )
            data["lost_reason"] = None
        elif not data.get("lost_reason") and "lost_reason" not in self.errors:
            self.add_error(
                "lost_reason" if "lost_reason" in self.fields else None, _("Dites pourquoi elle est perdue.")
            )
        return data


def _in_a_month() -> dt.date:
    return timezone.localdate() + dt.timedelta(days=IN_DAYS)


class DealBulkForm(ResourceForm):
    class Meta:
        model = Deal
        fields = ["owner", "expected_on", "probability", "source"]
        widgets = {"expected_on": DateInput(format="%Y-%m-%d", attrs={"type": "date"})}


@register
class DealResource(Resource):
    model = Deal
    look = Look(
        icon="handshake",
        feminine=True,
        subtitle=("company",),
        side=("amount", "expected_on"),
        badge=Badge("state", {"open": "info", "won": "good", "lost": "danger"}),
        search_hint=_("Nom de l’affaire…"),
    )
    columns = (
        Col("name", link=True, sort=True),
        Col("state"),
        Col("stage"),
        Col("company"),
        Col("amount", sort=True),
        Col("expected_on", sort=True),
        Col("owner"),
        Col("updated_at", label=_("Modifiée"), sort=True),
    )
    views = (
        View(_("Toutes")),
        View(_("En cours"), {"state": "open"}),
        View(_("Gagnées"), {"state": "won"}),
        View(_("Perdues"), {"state": "lost"}),
    )
    displays = (
        Display("board", _("Tableau"), "square-kanban"),
        Display("list", _("Liste"), "rows-3"),
        Display("forecast", _("Prévision"), "chart-column"),
    )
    filters = DealFilters
    form = DealForm
    bulk_form = DealBulkForm
    related = (Related(ActivityResource, "deal"),)

    @classmethod
    def pages(cls) -> dict[str, tuple[str, Any]]:
        from crm.views import deals

        return {
            **super().pages(),
            "board": ("board/", deals.BoardView),
            "board-facet": ("board/facets/<slug:name>/", deals.BoardFacetView),
            "forecast-facet": ("forecast/facets/<slug:name>/", deals.ForecastFacetView),
            "forecast": ("forecast/", deals.ForecastView),
            "move": ("<int:pk>/stage/", deals.MoveView),
            "closure": ("<int:pk>/closure/", deals.ClosureView),
        }

    @classmethod
    def banner(cls, row: Any, user: User, can: Mapping[str, bool]) -> dict[str, Any] | None:
        stages = list(Stage.objects.filter(pipeline=row.pipeline_id))
        return {
            "template": "crm/_deal_steps.html",
            "steps": [
                {"stage": stage, "current": stage.pk == row.stage_id}
                for stage in stages if stage.kind == StageKind.OPEN
            ],
            "won": next((stage for stage in stages if stage.kind == StageKind.WON), None),
            "lost": next((stage for stage in stages if stage.kind == StageKind.LOST), None),
            "over": row.state != State.OPEN,
            "deal": row,
            "can": can["edit"],
            "move_url": cls.url("move", row.pk),
            "closure_url": cls.url("closure", row.pk),
        }  # fmt: skip
