"""Notes on any record."""

from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Length, Now
from django.utils.translation import gettext_lazy as _

from core.personal_data import PD, Null, Review, personal_data

NOTE_MAX = 10_000  # characters

models.TextField.register_lookup(Length)


@personal_data(subject="row", processing="CORE-02")
class Note(models.Model):
    """A text on a record. The record is named ("crm.company", 12), never by ContentType: those differ by client."""

    model = models.CharField(_("modèle"), max_length=80)
    object_id = models.BigIntegerField(_("fiche"))
    text = models.TextField(_("texte"), max_length=NOTE_MAX)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, verbose_name=_("auteur"), null=True, related_name="+"
    )
    mentions: ArrayField = ArrayField(models.BigIntegerField(), verbose_name=_("personnes citées"), default=list)
    created_at = models.DateTimeField(_("écrite le"), db_default=Now(), editable=False)
    edited_at = models.DateTimeField(_("corrigée le"), null=True, editable=False)

    class Privacy:
        text = PD(category="texte libre", third_party=True, erase=Review())
        author = PD(category="identité", erase=Null())
        mentions = PD(category="identité", erase=Review())

    class Meta:
        verbose_name = _("note")
        verbose_name_plural = _("notes")
        indexes: ClassVar = [models.Index(fields=["model", "object_id", "-id"], name="note_of_record")]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(text__length__gt=0, text__length__lte=NOTE_MAX), name="note_has_a_length"
            )
        ]

    def __str__(self) -> str:
        return self.text[:80]
