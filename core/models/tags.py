"""Tags: words that people put on records of any kind."""

from typing import ClassVar

from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from core.personal_data import PD, DeleteRow, NotPersonal, no_personal_data, personal_data

TAG_HUES = 8  # classes of the stylesheet: data-c="0" to "7"


@no_personal_data("des mots pour classer, communs à toutes les fiches")
class Tag(models.Model):
    name = models.CharField(_("nom"), max_length=40)
    hue = models.PositiveSmallIntegerField(_("teinte"), default=0)

    class Privacy:
        name = NotPersonal("un mot de classement")

    class Meta:
        verbose_name = _("étiquette")
        verbose_name_plural = _("étiquettes")
        constraints: ClassVar = [
            models.UniqueConstraint(Lower("name"), name="tag_name_unique"),
            models.CheckConstraint(condition=models.Q(hue__lt=TAG_HUES), name="tag_hue_known"),
            models.CheckConstraint(condition=~models.Q(name=""), name="tag_has_a_name"),
        ]

    def __str__(self) -> str:
        return self.name


@personal_data(subject="row", processing="CORE-02")
class Tagging(models.Model):
    """A tag on a record. Taken off, it stays with `active` false: its number leads the record's history to it."""

    tag = models.ForeignKey(Tag, models.CASCADE, verbose_name=_("étiquette"), related_name="taggings")
    model = models.CharField(_("modèle"), max_length=80)
    object_id = models.BigIntegerField(_("fiche"))
    active = models.BooleanField(_("posée"), default=True)

    # On both of two records that are merged, it is put once; taken off one of them, it stays on (core.merging.moving).
    merge_drops = True
    merge_yields: ClassVar = {"active": False}

    class Privacy:
        tag = PD(category="classement", erase=DeleteRow())

    class Meta:
        verbose_name = _("pose d’étiquette")
        verbose_name_plural = _("poses d’étiquettes")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["model", "object_id", "tag"], name="tagging_unique"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["tag", "model", "object_id"], condition=models.Q(active=True), name="tagging_of_tag"),
        ]

    def __str__(self) -> str:
        return f"{self.model} {self.object_id} {self.tag_id}"
