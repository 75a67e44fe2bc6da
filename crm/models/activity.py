"""What is to be done for a sale, and what was: tasks, calls, meetings, visits, e-mails."""

import datetime as dt
from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import F, Func, Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.models import DomainModel
from core.models.base import DomainManager
from core.personal_data import (
    PD,
    After,
    DeleteRow,
    Keep,
    NotPersonal,
    Null,
    Review,
    personal_data,
)  # fmt: skip
from core.search import folded, search_column
from crm.models.company import Company
from crm.models.contact import Contact
from crm.models.deal import Deal


def this_minute() -> dt.datetime:
    """Screens, files and calendars know no seconds."""
    return timezone.now().replace(second=0, microsecond=0)


class ActivityKind(models.TextChoices):
    TASK = "task", _("Tâche")
    CALL = "call", _("Appel")
    MEETING = "meeting", _("Rendez-vous")
    VISIT = "visit", _("Visite")
    EMAIL = "email", _("E-mail")


class ActivityState(models.TextChoices):
    PLANNED = "planned", _("À faire")
    DONE = "done", _("Faite")


class Reminder(models.IntegerChoices):
    """Minutes before."""

    AT_ONCE = 0, _("À l’heure")
    QUARTER = 15, _("15 minutes avant")
    HOUR = 60, _("1 heure avant")
    DAY = 1440, _("La veille")


LONGEST = 24 * 60  # minutes
_BEFORE = Func(
    F("remind_before"), template="make_interval(mins => %(expressions)s)", output_field=models.DurationField()
)  # fmt: skip


class ActivityQuerySet(models.QuerySet["Activity"]):
    def planned(self) -> "ActivityQuerySet":
        return self.filter(state=ActivityState.PLANNED)

    def late(self) -> "ActivityQuerySet":
        return self.planned().filter(due_at__lt=Now())

    def to_remind(self) -> "ActivityQuerySet":
        """Whose hour of reminding has come, and of which nobody was told since they have that hour."""
        rows = self.planned().filter(remind_before__isnull=False, owner__isnull=False)
        # The first condition is what the index can use.
        soon = rows.filter(due_at__lte=Now() + dt.timedelta(minutes=max(Reminder.values)))
        return soon.filter(due_at__lte=Now() + _BEFORE).exclude(reminded_for=F("due_at"))


@personal_data(subject="contact", processing="CRM-01", retention=Keep(years=3, since="due_at", then=After.DELETE))
class Activity(DomainModel):
    """Everything but a task is about somebody: a company, a contact or a deal."""

    kind = models.CharField(_("nature"), max_length=8, choices=ActivityKind, default=ActivityKind.TASK)
    subject = models.CharField(_("objet"), max_length=160)
    due_at = models.DateTimeField(_("échéance"), default=this_minute, db_default=Now())
    minutes = models.PositiveSmallIntegerField(
        _("durée (minutes)"), default=0, validators=[MaxValueValidator(LONGEST)],
        help_text=_("0 : une échéance, sans durée."),
    )  # fmt: skip
    remind_before = models.PositiveSmallIntegerField(_("rappel"), choices=Reminder, null=True, blank=True)
    location = models.CharField(_("lieu"), max_length=200, blank=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, verbose_name=_("responsable"), null=True, blank=True, related_name="+"
    )
    company = models.ForeignKey(
        Company, models.CASCADE, verbose_name=_("société"), null=True, blank=True, related_name="activities"
    )
    contact = models.ForeignKey(
        Contact, models.CASCADE, verbose_name=_("contact"), null=True, blank=True, related_name="activities"
    )
    deal = models.ForeignKey(
        Deal, models.CASCADE, verbose_name=_("affaire"), null=True, blank=True, related_name="activities"
    )
    note = models.TextField(_("note"), blank=True, max_length=5000)
    state = models.CharField(
        _("état"), max_length=7, choices=ActivityState, default=ActivityState.PLANNED, editable=False
    )
    done_at = models.DateTimeField(_("faite le"), null=True, editable=False)
    # The hour for which its person was reminded: put off, it is another hour, and they are reminded again.
    reminded_for = models.DateTimeField(_("rappelée pour le"), null=True, editable=False)
    search = search_column(A=("subject",), C=("location",))

    objects: ClassVar = DomainManager.from_queryset(ActivityQuerySet)()
    deadline = "due_at"

    class Meta:
        verbose_name = _("activité")
        verbose_name_plural = _("activités")
        constraints = [
            models.CheckConstraint(condition=~Q(subject=""), name="activity_has_a_subject"),
            models.CheckConstraint(
                condition=Q(kind=ActivityKind.TASK) | Q(company__isnull=False) | Q(contact__isnull=False)
                | Q(deal__isnull=False),
                name="activity_is_about_somebody",
                violation_error_message=_("Dites avec qui : une société, un contact ou une affaire."),
            ),
            models.CheckConstraint(condition=Q(minutes__lte=LONGEST), name="activity_within_a_day"),
            models.CheckConstraint(
                condition=Q(state=ActivityState.PLANNED, done_at__isnull=True)
                | Q(state=ActivityState.DONE, done_at__isnull=False),
                name="activity_done_at_a_time",
            ),
        ]  # fmt: skip
        indexes: ClassVar = [
            GinIndex(fields=["search"], name="activity_search"),
            models.Index(folded("subject"), "id", name="activity_by_subject"),
            models.Index(fields=["due_at", "id"], name="activity_by_date"),
            models.Index(fields=["updated_at", "id"], name="activity_by_update"),
            models.Index(fields=["state", "kind", "owner"], name="activity_facets"),
            models.Index(fields=["owner", "due_at"], name="activity_of_person"),
            models.Index(fields=["deal", "due_at"], condition=Q(done_at__isnull=True), name="activity_next_of_deal"),
            models.Index(
                fields=["due_at"],
                condition=Q(remind_before__isnull=False, done_at__isnull=True),
                name="activity_remind",
            ),
        ]

    class Privacy:
        subject = PD(category="free text", origin="staff", third_party=True, erase=Review())
        location = PD(category="contact", origin="staff", third_party=True, erase=Review())
        company = PD(category="relation", origin="staff", third_party=True, erase=DeleteRow())
        contact = PD(category="relation", origin="staff", erase=DeleteRow())
        deal = NotPersonal("une vente, dont la personne est dite par elle-même")
        owner = PD(category="work", origin="staff", third_party=True, erase=Null())
        note = PD(category="free text", origin="staff", third_party=True, erase=Review())

    def __str__(self) -> str:
        return self.subject

    @property
    def ends_at(self) -> dt.datetime:
        return self.due_at + dt.timedelta(minutes=self.minutes)

    @property
    def is_late(self) -> bool:
        return self.state == ActivityState.PLANNED and self.due_at < timezone.now()


@personal_data(subject="person", processing="CRM-01")
class CalendarFeed(models.Model):
    """The secret address of a person's calendar. Only its digest is kept: nobody reads the address here."""

    person = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, verbose_name=_("personne"), related_name="+"
    )  # fmt: skip
    digest = models.CharField(_("empreinte"), max_length=64, unique=True)
    created_at = models.DateTimeField(_("créée le"), db_default=Now(), editable=False)
    read_at = models.DateTimeField(_("lue le"), null=True, editable=False)

    class Meta:
        verbose_name = _("adresse d’agenda")
        verbose_name_plural = _("adresses d’agenda")

    class Privacy:
        person = PD(category="work", basis="contract", erase=DeleteRow())
        digest = PD(category="secret", basis="contract", audit="none", erase=DeleteRow())
        read_at = PD(category="log", origin="observed", erase=DeleteRow())

    def __str__(self) -> str:
        return str(self.person)
