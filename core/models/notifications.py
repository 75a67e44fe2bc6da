"""What a person was told, and how each wants to be told."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from core.personal_data import PD, After, DeleteRow, Keep, NotPersonal, Tombstone, personal_data


class Channel(models.TextChoices):
    BELL = "bell", _("Cloche")
    EMAIL = "email", _("Cloche et e-mail aussitôt")
    DIGEST = "digest", _("Cloche et résumé du matin")
    NONE = "none", _("Rien")


@personal_data(subject="person", processing="CORE-03", retention=Keep(years=1, since="at", then=After.DELETE))
class Notification(models.Model):
    """Something that a person should know, with the page where it happened. Its kinds: core.notifying.kinds."""

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, verbose_name=_("personne"), related_name="notifications"
    )
    at = models.DateTimeField(_("date"), db_default=Now(), editable=False)
    kind = models.CharField(_("nature"), max_length=20)
    text = models.CharField(_("texte"), max_length=300)
    url = models.CharField(_("page"), max_length=300)
    read_at = models.DateTimeField(_("lue le"), null=True, editable=False)
    in_digest = models.BooleanField(_("attend le résumé"), default=False, db_default=False, editable=False)

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
            models.Index(fields=["person"], condition=models.Q(in_digest=True), name="notification_in_digest"),
        ]

    def __str__(self) -> str:
        return self.text


@personal_data(subject="person", processing="CORE-03")
class NotificationChoice(models.Model):
    """The way that one person wants one kind of news. Without a row: the kind's own."""

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, verbose_name=_("personne"), related_name="notification_choices"
    )
    kind = models.CharField(_("nature"), max_length=20)
    channel = models.CharField(_("voie"), max_length=6, choices=Channel)

    class Privacy:
        person = PD(category="identité", erase=DeleteRow())

    class Meta:
        verbose_name = _("préférence de notification")
        verbose_name_plural = _("préférences de notification")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["person", "kind"], name="one_choice_of_person_and_kind"),
            models.CheckConstraint(condition=Q(channel__in=Channel.values), name="notification_channel_known"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} : {self.channel}"
