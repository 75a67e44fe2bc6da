"""A sale in view: what for, for whom, how much, when, and how far it has gone."""

from functools import partial
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Func, Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.models import DomainModel
from core.models.base import DomainManager
from core.operations import TrackHistory
from core.personal_data import PD, After, Keep, Null, Review, personal_data
from core.search import behind_first_word, search_column, sort_column
from crm.models.company import Company
from crm.models.contact import Contact
from crm.models.pipeline import LostReason, Pipeline, Stage, StageKind
from crm.models.site import Site
from crm.operations import FollowStage

State = StageKind  # of a deal: that of its stage
IN_DAYS = 30  # a deal of which nobody said when


class DealQuerySet(models.QuerySet["Deal"]):
    def rotting(self) -> "DealQuerySet":
        """Open, and at their stage for longer than it allows."""
        limit = Now() - Func(
            F("stage__rotting_days"), function="make_interval", template="%(function)s(days => %(expressions)s)",
            output_field=models.DurationField(),
        )  # fmt: skip
        return self.filter(state=State.OPEN, stage__rotting_days__isnull=False, stage_since__lt=limit)


@personal_data(subject="contact", processing="CRM-01", retention=Keep(years=3, since="created_at", then=After.REVIEW))
class Deal(DomainModel):
    """`pipeline`, `state`, `stage_since` and `closed_at` follow the stage: the database sets them (crm.operations)."""

    name = models.CharField(_("affaire"), max_length=160)
    company = models.ForeignKey(
        Company, models.PROTECT, verbose_name=_("société"), null=True, blank=True, related_name="deals"
    )
    site = models.ForeignKey(Site, models.SET_NULL, verbose_name=_("site"), null=True, blank=True, related_name="deals")
    contact = models.ForeignKey(
        Contact, models.SET_NULL, verbose_name=_("contact"), null=True, blank=True, related_name="deals"
    )
    stage = models.ForeignKey(
        Stage, models.PROTECT, verbose_name=_("étape"), blank=True, related_name="deals", db_index=False
    )
    pipeline = models.ForeignKey(
        Pipeline, models.PROTECT, verbose_name=_("circuit"), editable=False, related_name="+", db_index=False
    )
    state = models.CharField(_("état"), max_length=4, choices=State, default=State.OPEN, editable=False)
    amount = models.DecimalField(
        _("montant HT"), max_digits=14, decimal_places=2, default=0, validators=[MinValueValidator(0)],
    )  # fmt: skip
    expected_on = models.DateField(
        _("échéance"),
        db_default=Func(template=f"(CURRENT_DATE + {IN_DAYS})", output_field=models.DateField()),
        help_text=_("Quand vous pensez conclure."),
    )
    probability = models.PositiveSmallIntegerField(
        _("probabilité (%)"), null=True, blank=True, validators=[MaxValueValidator(100, _("De 0 à 100 %%."))],
        help_text=_("Vide : celle de l’étape."),
    )  # fmt: skip
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, verbose_name=_("responsable"), null=True, blank=True, related_name="+"
    )
    source = models.CharField(_("origine"), max_length=60, blank=True)
    lost_reason = models.ForeignKey(
        LostReason, models.PROTECT, verbose_name=_("motif de perte"), null=True, blank=True, related_name="+"
    )
    note = models.TextField(_("note"), blank=True, max_length=5000)
    stage_since = models.DateTimeField(_("à cette étape depuis le"), db_default=Now(), editable=False)
    closed_at = models.DateTimeField(_("conclue le"), null=True, editable=False)
    # Its place in the column of a board: the smallest first. A new one is on top, without asking for the others'.
    rank = models.DecimalField(
        max_digits=40, decimal_places=20, editable=False,
        db_default=Func(
            template="(- EXTRACT(EPOCH FROM clock_timestamp()))",
            output_field=models.DecimalField(max_digits=40, decimal_places=20),
        ),
    )  # fmt: skip
    search = search_column(A=("name",), C=("source",))
    sort_key = sort_column("name")

    objects: ClassVar = DomainManager.from_queryset(DealQuerySet)()
    deadline = "expected_on"
    migration_operations = (partial(TrackHistory, derived=("rank", "stage_since")), FollowStage)

    class Meta:
        verbose_name = _("affaire")
        verbose_name_plural = _("affaires")
        constraints = [
            models.CheckConstraint(condition=~Q(name=""), name="deal_has_a_name"),
            models.CheckConstraint(
                condition=Q(amount__gte=0), name="deal_amount_is_no_debt",
                violation_error_message=_("Un montant n’est pas négatif."),
            ),
            models.CheckConstraint(
                condition=Q(probability__isnull=True) | Q(probability__lte=100), name="deal_probability_is_a_share"
            ),
            models.CheckConstraint(
                condition=Q(state=State.OPEN, closed_at__isnull=True)
                | (Q(state__in=(State.WON, State.LOST)) & Q(closed_at__isnull=False)),
                name="deal_closed_exactly_when_over",
            ),
        ]  # fmt: skip
        indexes: ClassVar = [
            GinIndex(fields=["search"], name="deal_search"),
            GinIndex(behind_first_word(), name="deal_behind"),
            models.Index(fields=["sort_key", "id"], name="deal_by_name"),
            models.Index(fields=["amount", "id"], name="deal_by_amount"),
            models.Index(fields=["expected_on", "id"], name="deal_by_date"),
            models.Index(fields=["updated_at", "id"], name="deal_by_update"),
            models.Index(fields=["state", "stage", "owner"], name="deal_facets"),
            # The columns of a board, and their sums without reading the rows.
            models.Index(fields=["stage", "rank", "id"], include=["amount"], name="deal_board"),
            models.Index(fields=["owner", "stage", "rank", "id"], include=["amount"], name="deal_board_owner"),
            models.Index(
                fields=["stage", "-closed_at", "id"], include=["amount"], condition=Q(closed_at__isnull=False),
                name="deal_board_closed",
            ),
            models.Index(
                fields=["expected_on"], include=["amount", "probability", "stage"], condition=Q(closed_at__isnull=True),
                name="deal_forecast",
            ),
            # The sums of the dashboard (crm.figures).
            models.Index(
                fields=["stage", "owner"], include=["amount", "probability"], condition=Q(closed_at__isnull=True),
                name="deal_in_view",
            ),
            models.Index(
                fields=["state", "closed_at"], include=["amount", "owner", "source"],
                condition=Q(closed_at__isnull=False), name="deal_ended",
            ),
            models.Index(fields=["source"], condition=~Q(source=""), name="deal_by_source"),
            models.Index(fields=["closed_at"], condition=Q(closed_at__isnull=False), name="deal_by_closing"),
        ]  # fmt: skip

    class Privacy:
        name = PD(category="free text", origin="staff", third_party=True, erase=Review())
        company = PD(category="relation", origin="staff", third_party=True, erase=Null())
        contact = PD(category="relation", origin="staff", erase=Null())
        site = PD(category="relation", origin="staff", erase=Null())
        owner = PD(category="work", origin="staff", third_party=True, erase=Null())
        note = PD(category="free text", origin="staff", third_party=True, erase=Review())

    def __str__(self) -> str:
        return self.name

    @property
    def is_late(self) -> bool:
        return self.state == State.OPEN and self.expected_on < timezone.localdate()

    @property
    def is_rotting(self) -> bool:
        """As `rotting` asks; of a row whose stage is known."""
        days: Any = self.stage.rotting_days
        return self.state == State.OPEN and days is not None and (timezone.now() - self.stage_since).days >= days
