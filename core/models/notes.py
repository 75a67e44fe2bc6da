"""Notes on any record, and what people are told."""

from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Length, Now
from django.utils.translation import gettext_lazy as _

from core.personal_data import PD, After, DeleteRow, Keep, NotPersonal, Null, Review, Tombstone, personal_data

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


@personal_data(subject="person", processing="CORE-03", retention=Keep(years=1, since="at", then=After.DELETE))
class Notification(models.Model):
    """Something that a person should know, with the page where it happened."""

    class Kind(models.TextChoices):
        MENTION = "mention", _("Mention")
        JOB = "job", _("Travail")

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, verbose_name=_("personne"), related_name="notifications"
    )
    at = models.DateTimeField(_("date"), db_default=Now(), editable=False)
    kind = models.CharField(_("nature"), max_length=20, choices=Kind)
    text = models.CharField(_("texte"), max_length=300)
    url = models.CharField(_("page"), max_length=300)
    read_at = models.DateTimeField(_("lue le"), null=True, editable=False)

    class Privacy:
        person = PD(category="identité", erase=DeleteRow())
        text = PD(category="texte libre", origin="derived", third_party=True, erase=Tombstone())
        url = NotPersonal("l’adresse d’une page")

    class Meta:
        verbose_name = _("notification")
        verbose_name_plural = _("notifications")
        indexes: ClassVar = [
            models.Index(fields=["person", "-id"], name="notification_of_person"),
            models.Index(fields=["person"], condition=models.Q(read_at=None), name="notification_unread"),
        ]

    def __str__(self) -> str:
        return self.text
