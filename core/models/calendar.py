"""When the client works. Read by core.business_time.of_client, which makes a value of it."""

from typing import ClassVar

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, Func, Q
from django.db.models.functions import Greatest
from django.utils.translation import gettext_lazy as _

from core.business_time.calendar import MIDDAY, MINUTES_A_DAY
from core.business_time.public_holidays import Zone
from core.models.base import DomainModel
from core.personal_data import no_personal_data

_OF_THE_WEEK = F("weekday") * MINUTES_A_DAY


class Weekday(models.IntegerChoices):
    """As Python's date.weekday()."""

    MONDAY = 0, _("lundi")
    TUESDAY = 1, _("mardi")
    WEDNESDAY = 2, _("mercredi")
    THURSDAY = 3, _("jeudi")
    FRIDAY = 4, _("vendredi")
    SATURDAY = 5, _("samedi")
    SUNDAY = 6, _("dimanche")


def clock(minutes: int) -> str:
    """540 → "09:00"; the end of the day is "24:00"."""
    return f"{minutes // 60:02}:{minutes % 60:02}"


@no_personal_data("des réglages de l'entreprise")
class CalendarSettings(DomainModel):
    """What the calendar has once. Without a row: the defaults below."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    zone = models.CharField(_("jours fériés"), max_length=20, choices=Zone, default=Zone.FRANCE)
    midday = models.SmallIntegerField(
        _("milieu de journée"), default=MIDDAY, help_text=_("en minutes : sépare le matin de l’après-midi")
    )

    class Meta:
        verbose_name = _("calendrier")
        verbose_name_plural = _("calendriers")
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(id=1), name="one_calendar"),
            models.CheckConstraint(condition=Q(zone__in=Zone.values), name="calendar_zone_known"),
            models.CheckConstraint(
                condition=Q(midday__gt=0, midday__lt=MINUTES_A_DAY),
                name="calendar_midday_in_day",
                violation_error_message=_("Le milieu de journée est entre 00:01 et 23:59."),
            ),
        ]

    def __str__(self) -> str:
        return str(Zone(self.zone).label)


@no_personal_data("les horaires de l'entreprise, non ceux d'une personne")
class OpeningWindow(DomainModel):
    """Open each week on that day between two minutes, the second not included. Several a day, never over each other."""

    weekday = models.SmallIntegerField(_("jour"), choices=Weekday)
    opens = models.SmallIntegerField(_("ouverture"), help_text=_("en minutes depuis minuit"))
    closes = models.SmallIntegerField(_("fermeture"), help_text=_("en minutes depuis minuit, 1440 au plus"))

    class Meta:
        verbose_name = _("plage d’ouverture")
        verbose_name_plural = _("plages d’ouverture")
        ordering = ("weekday", "opens")
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(weekday__gte=0, weekday__lte=6), name="window_weekday_known"),
            models.CheckConstraint(
                condition=Q(opens__gte=0, closes__lte=MINUTES_A_DAY),
                name="window_within_day",
                violation_error_message=_("Une plage tient dans une journée, de 00:00 à 24:00."),
            ),
            models.CheckConstraint(
                condition=Q(closes__gt=F("opens")),
                name="window_closes_after_it_opens",
                violation_error_message=_("La fermeture doit suivre l’ouverture."),
            ),
            # Minutes of the week: one range says both the day and the hours, and needs no extension. Greatest: a
            # window upside down is refused by its own constraint, not by an error about ranges.
            ExclusionConstraint(
                name="windows_apart",
                expressions=[
                    (
                        Func(
                            _OF_THE_WEEK + F("opens"),
                            _OF_THE_WEEK + Greatest(F("opens"), F("closes")),
                            function="int4range",
                        ),
                        RangeOperators.OVERLAPS,
                    )
                ],
                violation_error_message=_("Cette plage en chevauche une autre du même jour."),
            ),
        ]

    def __str__(self) -> str:
        return f"{Weekday(self.weekday).label} {clock(self.opens)}–{clock(self.closes)}"


@no_personal_data("les fermetures de l'entreprise, non les absences d'une personne")
class Closure(DomainModel):
    """Closed on each day of a span, both ends included: the whole day, or between two minutes of it."""

    first_day = models.DateField(_("du"))
    last_day = models.DateField(_("au"))
    starts = models.SmallIntegerField(_("à partir de"), default=0, help_text=_("en minutes depuis minuit"))
    ends = models.SmallIntegerField(_("jusqu’à"), default=MINUTES_A_DAY, help_text=_("en minutes depuis minuit"))
    reason = models.CharField(_("motif"), max_length=120, blank=True)

    class Meta:
        verbose_name = _("fermeture")
        verbose_name_plural = _("fermetures")
        ordering = ("first_day", "id")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(last_day__gte=F("first_day")),
                name="closure_ends_after_it_starts",
                violation_error_message=_("Le dernier jour doit suivre le premier."),
            ),
            models.CheckConstraint(
                condition=Q(starts__gte=0, ends__lte=MINUTES_A_DAY, ends__gt=F("starts")),
                name="closure_within_day",
                violation_error_message=_("Les heures vont de 00:00 à 24:00, la seconde après la première."),
            ),
        ]

    def __str__(self) -> str:
        hours = "" if (self.starts, self.ends) == (0, MINUTES_A_DAY) else f" {clock(self.starts)}–{clock(self.ends)}"
        return f"{self.first_day:%d/%m/%Y}–{self.last_day:%d/%m/%Y}{hours}"
