"""The ways that a sale goes: pipelines, their stages, and why sales are lost."""

from typing import ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from core.operations import TrackHistory
from core.personal_data import NotPersonal, no_personal_data
from crm.operations import KeepStageKind


class StageKind(models.TextChoices):
    """What a deal at the stage is."""

    OPEN = "open", _("En cours")
    WON = "won", _("Gagnée")
    LOST = "lost", _("Perdue")


@no_personal_data("les circuits de vente d’une entreprise")
class Pipeline(models.Model):
    """A way that sales go, stage by stage. The first one by position is the one that deals enter by themselves."""

    name = models.CharField(_("nom"), max_length=60)
    position = models.PositiveSmallIntegerField(_("place"), default=0)
    archived = models.BooleanField(_("archivé"), default=False, help_text=_("Plus aucune affaire n’y entre."))

    migration_operations: ClassVar = (TrackHistory,)

    class Meta:
        verbose_name = _("circuit de vente")
        verbose_name_plural = _("circuits de vente")
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(
                Lower("name"), name="pipeline_name_unique", violation_error_message=_("Un circuit porte déjà ce nom.")
            ),
            models.CheckConstraint(condition=~Q(name=""), name="pipeline_has_a_name"),
        ]

    class Privacy:
        name = NotPersonal("le nom d’un circuit de vente")

    def __str__(self) -> str:
        return self.name


@no_personal_data("les étapes d’un circuit de vente")
class Stage(models.Model):
    """A step of a pipeline. Its kind does not change while deals are there: the database refuses it."""

    pipeline = models.ForeignKey(Pipeline, models.CASCADE, verbose_name=_("circuit"), related_name="stages")
    name = models.CharField(_("nom"), max_length=60)
    kind = models.CharField(_("les affaires y sont"), max_length=4, choices=StageKind, default=StageKind.OPEN)
    probability = models.PositiveSmallIntegerField(
        _("probabilité (%)"), default=50, validators=[MaxValueValidator(100, _("De 0 à 100 %%."))],
        help_text=_("Ce que les prévisions comptent d’une affaire à cette étape."),
    )  # fmt: skip
    rotting_days = models.PositiveSmallIntegerField(
        _("à relancer après (jours)"), null=True, blank=True, validators=[MinValueValidator(1)],
        help_text=_("Sans changement d’étape pendant ce temps, l’affaire est signalée ; vide : jamais."),
    )  # fmt: skip
    position = models.PositiveSmallIntegerField(_("place"), default=0)

    migration_operations: ClassVar = (TrackHistory, KeepStageKind)

    class Meta:
        verbose_name = _("étape")
        verbose_name_plural = _("étapes")
        ordering = ["pipeline__position", "pipeline_id", "position", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["pipeline", "position"], name="stage_place_unique", deferrable=models.Deferrable.DEFERRED
            ),
            models.UniqueConstraint(
                F("pipeline"), Lower("name"), name="stage_name_unique",
                violation_error_message=_("Une étape de ce circuit porte déjà ce nom."),
            ),
            models.CheckConstraint(condition=Q(kind__in=StageKind.values), name="stage_kind_known"),
            models.CheckConstraint(condition=Q(probability__lte=100), name="stage_probability_is_a_share"),
            models.CheckConstraint(
                condition=Q(kind=StageKind.OPEN)
                | Q(kind=StageKind.WON, probability=100)
                | Q(kind=StageKind.LOST, probability=0),
                name="stage_over_is_certain",
                violation_error_message=_("Gagnée vaut 100 %, perdue 0 %."),
            ),
            models.CheckConstraint(
                condition=Q(rotting_days__isnull=True) | Q(rotting_days__gte=1), name="stage_rots_after_a_day"
            ),
            models.CheckConstraint(condition=~Q(name=""), name="stage_has_a_name"),
        ]  # fmt: skip

    class Privacy:
        name = NotPersonal("le nom d’une étape")

    def __str__(self) -> str:
        return self.name


@no_personal_data("des motifs, sans personne")
class LostReason(models.Model):
    """Why a deal is lost, in the client's own words."""

    name = models.CharField(_("motif"), max_length=80)
    archived = models.BooleanField(_("archivé"), default=False, help_text=_("N’est plus proposé."))

    migration_operations: ClassVar = (TrackHistory,)

    class Meta:
        verbose_name = _("motif de perte")
        verbose_name_plural = _("motifs de perte")
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(
                Lower("name"), name="lost_reason_unique", violation_error_message=_("Ce motif existe déjà.")
            ),
            models.CheckConstraint(condition=~Q(name=""), name="lost_reason_has_a_name"),
        ]

    class Privacy:
        name = NotPersonal("un motif de perte")

    def __str__(self) -> str:
        return self.name
