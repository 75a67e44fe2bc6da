"""Records that may be one and the same, and those that were merged. See core/merging/README.md."""

from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from core.personal_data import PD, After, DeleteRow, Keep, Null, personal_data

MERGE_DAYS = 90  # for so long a merge can be undone; its content goes then, the way to the record that was kept stays


@personal_data(subject="row", processing="CORE-02", retention=Keep(years=1, since="found_at", then=After.DELETE))
class DuplicatePair(models.Model):
    """Two records that a scan found alike. Said not to be the same, the pair stays, so that no scan asks again."""

    model = models.CharField(_("modèle"), max_length=80)
    object_id = models.BigIntegerField(_("fiche"))
    other_id = models.BigIntegerField(_("autre fiche"))
    reasons: ArrayField = ArrayField(models.CharField(max_length=30), verbose_name=_("ressemblances"))
    score = models.PositiveSmallIntegerField(_("force"))
    found_at = models.DateTimeField(_("trouvée le"), db_default=Now(), editable=False)
    dismissed_at = models.DateTimeField(_("écartée le"), null=True, editable=False)
    dismissed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, verbose_name=_("écartée par"), null=True, related_name="+"
    )

    class Privacy:
        other_id = PD(category="relation", origin="derived", third_party=True, erase=DeleteRow())
        dismissed_by = PD(category="identité", erase=Null())

    class Meta:
        verbose_name = _("doublon possible")
        verbose_name_plural = _("doublons possibles")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["model", "object_id", "other_id"], name="pair_once"),
            models.CheckConstraint(condition=Q(object_id__lt=F("other_id")), name="pair_in_order"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["model", "-score", "-id"], condition=Q(dismissed_at=None), name="pair_to_look_at"),
            models.Index(fields=["model", "-dismissed_at", "-id"], name="pair_dismissed"),
            models.Index(fields=["model", "other_id"], name="pair_of_other"),
        ]

    def __str__(self) -> str:
        return f"{self.model} {self.object_id} {self.other_id}"


@personal_data(subject="row", processing="CORE-02", retention=Keep(years=5, since="at", then=After.REVIEW))
class Merge(models.Model):
    """A record (`object_id`) that was merged into another (`into_id`), with all that undoing it needs.

    content: {"row": {column: value} of the record that went, "before" and "after": {column: value} of what changed on
    the one that stayed, "keys": [[model, column, [pk]]], "attached": [[model, [pk]]], "aside": [[model, pk, {column:
    [before, after]}]], "dropped": [[model, {column: value}]]}. Null once it can no longer be undone.
    """

    model = models.CharField(_("modèle"), max_length=80)
    object_id = models.BigIntegerField(_("fiche fusionnée"))
    into_id = models.BigIntegerField(_("fiche gardée"))
    title = models.CharField(_("fiche"), max_length=300)
    content = models.JSONField(_("contenu"), encoder=DjangoJSONEncoder, null=True)
    at = models.DateTimeField(_("fusionnée le"), db_default=Now(), editable=False)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, verbose_name=_("fusionnée par"), null=True, related_name="+"
    )
    undone_at = models.DateTimeField(_("défaite le"), null=True, editable=False)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, verbose_name=_("défaite par"), null=True, related_name="+"
    )

    class Privacy:
        title = PD(category="identité", origin="derived", third_party=True, erase=DeleteRow())
        content = PD(category="fiche entière", origin="derived", third_party=True, erase=DeleteRow())
        into_id = PD(category="relation", origin="derived", erase=DeleteRow())
        by = PD(category="identité", erase=Null())
        undone_by = PD(category="identité", erase=Null())

    class Meta:
        verbose_name = _("fusion")
        verbose_name_plural = _("fusions")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["model", "object_id"], condition=Q(undone_at=None), name="merged_once"),
            models.CheckConstraint(condition=~Q(object_id=F("into_id")), name="merged_into_another"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["model", "into_id"], name="merged_into"),
            models.Index(fields=["model", "-id"], name="merges_of_model"),
        ]

    def __str__(self) -> str:
        return f"{self.model} {self.object_id} → {self.into_id}"
