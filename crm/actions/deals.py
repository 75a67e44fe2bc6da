"""What happens to deals: moved on a board, won, lost, opened again."""

from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils.translation import gettext as _

from core.accounts.models import User
from crm.models import Company, Deal, LostReason, Pipeline, Stage
from crm.models.company import Relation
from crm.models.pipeline import StageKind

_FINE = Context(prec=40, rounding=ROUND_HALF_EVEN)  # of the halves between two ranks


class NeedsReason(Exception):
    """A lost deal says why: nothing was done."""


def first_stage() -> Stage | None:
    """Where a deal begins when nobody says: the first open stage of the first pipeline. None when there is none."""
    open_ = Stage.objects.filter(kind=StageKind.OPEN, pipeline__archived=False)
    return open_.select_related("pipeline").order_by("pipeline__position", "pipeline_id", "position").first()


@transaction.atomic
def place_deal(deal: Deal, *, stage: Stage, above: int | None = None, below: int | None = None, by: User) -> Deal:
    """Put a deal at a stage, between two deals of it (keys of those above and below; None at an end).

    Raises NeedsReason when the stage is one of lost deals and the deal is not lost yet: close_deal says why.
    """
    # Without a join: the lock is waited for, and the row that somebody moved meanwhile no longer joins its old stage.
    deal = Deal.objects.select_for_update().get(pk=deal.pk)
    if stage.kind == StageKind.LOST and deal.state != StageKind.LOST:
        raise NeedsReason
    rank = _rank_between(stage, above, below)
    fields = ["stage", "updated_at"] if stage.pk != deal.stage_id else []
    deal.stage = stage
    if rank is not None:
        deal.rank = rank
        fields.append("rank")
    if fields:
        deal.save(update_fields=fields)
    if stage.kind == StageKind.WON:
        _becomes_customer(deal)
    return deal


@transaction.atomic
def close_deal(deal: Deal, *, stage: Stage, reason: LostReason | None = None, note: str = "", by: User) -> Deal:
    """Win or lose a deal. `note` is added to its own. Raises NeedsReason; ValidationError for a stage that is open."""
    if stage.kind == StageKind.OPEN:
        raise ValidationError(_("Cette étape ne conclut rien."))
    if stage.kind == StageKind.LOST and reason is None:
        raise NeedsReason
    deal = Deal.objects.select_for_update(of=("self",)).get(pk=deal.pk)
    deal.stage, deal.lost_reason = stage, reason
    if note:
        deal.note = f"{deal.note}\n\n{note}".strip()[:5000]
    deal.save(update_fields=["stage", "lost_reason", "note", "updated_at"])
    if stage.kind == StageKind.WON:
        _becomes_customer(deal)
    return deal


def _becomes_customer(deal: Deal) -> None:
    """A prospect who buys is a customer."""
    if deal.company_id is None:
        return
    for company in Company.objects.filter(pk=deal.company_id, relation=Relation.PROSPECT):
        company.relation = Relation.CUSTOMER
        company.save(update_fields=["relation", "updated_at"])


# --- places in a column -------------------------------------------------------------------------------------------
def _rank_between(stage: Stage, above: int | None, below: int | None) -> Decimal | None:
    """A rank between those of two deals of a stage. None where neither is given, or neither is there any more."""
    high, low = _ranks(stage, above, below)
    if high is None and low is None:
        return None
    if high is not None and low is None:  # below the last card shown: before the next one, if there is one
        following = Deal.objects.filter(stage=stage, rank__gt=high).order_by("rank").values_list("rank", flat=True)
        low = following.first()
    if high is None:
        return low - 1
    if low is None:
        return high + 1
    middle = _FINE.divide(_FINE.add(high, low), Decimal(2)).quantize(Decimal(10) ** -20, context=_FINE)
    if min(high, low) < middle < max(high, low):
        return middle
    _spread(stage)  # halved some sixty times at one place
    return _rank_between(stage, above, below)


def _ranks(stage: Stage, above: int | None, below: int | None) -> tuple[Any, Any]:
    pks = [pk for pk in (above, below) if pk is not None]
    found = dict(Deal.objects.filter(pk__in=pks, stage=stage).values_list("pk", "rank")) if pks else {}
    return found.get(above or 0), found.get(below or 0)


def _spread(stage: Stage) -> None:
    """Whole numbers for the ranks of a column, in the same order."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE crm_deal d SET rank = o.place FROM (SELECT id, row_number() OVER (ORDER BY rank, id) AS place "
            "FROM crm_deal WHERE stage_id = %s) o WHERE o.id = d.id",
            [stage.pk],
        )


# --- pipelines ----------------------------------------------------------------------------------------------------
@transaction.atomic
def add_pipeline(name: str, *, by: User) -> Pipeline:
    """A pipeline with the three stages that it cannot do without."""
    last = Pipeline.objects.order_by("-position").values_list("position", flat=True).first() or 0
    pipeline = Pipeline.objects.create(name=name, position=last + 1)
    for place, (label, kind, share) in enumerate(
        ((_("En cours"), StageKind.OPEN, 50), (_("Gagnée"), StageKind.WON, 100), (_("Perdue"), StageKind.LOST, 0)), 1
    ):
        Stage.objects.create(pipeline=pipeline, name=label, kind=kind, probability=share, position=place)
    return pipeline


@transaction.atomic
def move_stage(stage: Stage, step: int, *, by: User) -> None:
    """One place to the left (-1) or right (1); nothing at an end."""
    stages = list(
        Stage.objects.select_for_update(of=("self",)).filter(pipeline=stage.pipeline_id).order_by("position", "id")
    )
    place = stages.index(stage)
    stages.insert(min(max(place + step, 0), len(stages) - 1), stages.pop(place))
    for position, found in enumerate(stages, 1):
        if found.position != position:
            found.position = position
            found.save(update_fields=["position"])
