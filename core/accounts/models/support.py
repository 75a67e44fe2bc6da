"""What a client lets B2O's support look at: some modules, for a reason, for a time; and each page that was looked at.

Reading only: the vendor's staff never write a client's rows (R01). Never HR (R18, R19), nor the instance's settings.
"""

import datetime as dt
from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.operations import GoneInAYear, KeepAsGiven
from core.personal_data import PD, After, Keep, KeepUntil, NotPersonal, personal_data

NEVER = ("hr", "settings")  # no support access reaches these modules
LONGEST = dt.timedelta(days=7)
_PROOF = "RGPD 5(2), 28 et 32 ; C. civ. 2224"
_LOG = "RGPD 32 ; CNIL, délibération 2021-122 : six mois à un an"


class SupportAccessQuerySet(models.QuerySet["SupportAccess"]):
    def open(self) -> "SupportAccessQuerySet":
        return self.filter(revoked_at=None, ends_at__gt=timezone.now())


@personal_data(subject="granted_by", processing="ACC-04", retention=Keep(years=5, since="ends_at", then=After.REVIEW))
class SupportAccess(models.Model):
    modules: ArrayField = ArrayField(models.CharField(max_length=40), verbose_name=_("modules"))
    reason = models.CharField(_("motif"), max_length=300)
    granted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("accordé par"), editable=False
    )
    granted_at = models.DateTimeField(_("accordé le"), default=timezone.now, editable=False)
    ends_at = models.DateTimeField(_("jusqu’au"))
    revoked_at = models.DateTimeField(_("révoqué le"), null=True, editable=False)
    revoked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("révoqué par"),
        editable=False,
    )  # fmt: skip

    objects = SupportAccessQuerySet.as_manager()
    migration_operations: ClassVar = (KeepAsGiven,)

    class Meta:
        verbose_name = _("accès du support")
        verbose_name_plural = _("accès du support")
        ordering = ["-granted_at", "-id"]
        indexes: ClassVar = [models.Index(fields=["ends_at"], condition=Q(revoked_at=None), name="support_access_open")]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(modules__len__gt=0) & ~Q(modules__overlap=list(NEVER)),
                name="support_access_never_hr",
                violation_error_message=_("Le support n’atteint jamais les ressources humaines, ni les réglages."),
            ),
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("granted_at"), ends_at__lte=F("granted_at") + LONGEST),
                name="support_access_is_short",
                violation_error_message=_("Un accès du support dure sept jours au plus."),
            ),
            models.CheckConstraint(
                condition=~Q(reason=""),
                name="support_access_has_a_reason",
                violation_error_message=_("Dites pourquoi le support doit voir ces fiches."),
            ),
            models.CheckConstraint(
                condition=Q(revoked_at=None, revoked_by=None) | Q(revoked_at__isnull=False, revoked_by__isnull=False),
                name="support_access_revoked_by_someone",
            ),
        ]

    class Privacy:
        modules = NotPersonal("des codes de modules")
        reason = PD(
            category="work", basis="contract", third_party=True, erase=KeepUntil(_PROOF, years=5, since="ends_at")
        )
        granted_by = PD(
            category="work", basis="contract", origin="observed", erase=KeepUntil(_PROOF, years=5, since="ends_at")
        )
        revoked_by = PD(
            category="work", basis="contract", origin="observed", erase=KeepUntil(_PROOF, years=5, since="ends_at")
        )

    def __str__(self) -> str:
        return self.reason

    @property
    def is_open(self) -> bool:
        return self.revoked_at is None and self.ends_at > timezone.now()


class Step(models.TextChoices):
    ENTERED = "entered", _("Entrée")
    PAGE = "page", _("Page vue")
    REFUSED = "refused", _("Page refusée")
    LEFT = "left", _("Sortie")


@personal_data(
    subject="access__granted_by", processing="ACC-04", retention=Keep(years=1, since="at", then=After.DELETE)
)
class SupportVisit(models.Model):
    """One thing that somebody of the support did under an access. `staff`: their number at B2O, no account of here."""

    access = models.ForeignKey(SupportAccess, models.PROTECT, related_name="visits", verbose_name=_("accès"))
    at = models.DateTimeField(_("date"), db_default=Now(), editable=False)
    step = models.CharField(_("nature"), max_length=8, choices=Step)
    staff = models.BigIntegerField(_("n° chez B2O"))
    name = models.CharField(_("personne"), max_length=160)
    path = models.CharField(_("page"), max_length=200, blank=True)
    address = models.GenericIPAddressField(_("adresse IP"), null=True)
    ticket = models.CharField(
        _("billet"), max_length=64, blank=True, help_text=_("à l’entrée : il n’ouvre qu’une fois")
    )

    migration_operations: ClassVar = (GoneInAYear,)

    class Meta:
        verbose_name = _("passage du support")
        verbose_name_plural = _("passages du support")
        ordering = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["ticket"], condition=~Q(ticket=""), name="support_ticket_once"),
            models.CheckConstraint(condition=Q(step__in=Step.values), name="support_step_known"),
            models.CheckConstraint(
                condition=~Q(step=Step.ENTERED) | ~Q(ticket=""), name="support_enters_with_a_ticket"
            ),
        ]

    class Privacy:
        name = PD(category="log", origin="observed", third_party=True, erase=KeepUntil(_LOG, years=1, since="at"))
        path = NotPersonal("l'adresse d'une page, sans paramètre")
        address = PD(category="log", origin="observed", third_party=True, erase=KeepUntil(_LOG, years=1, since="at"))
        ticket = NotPersonal("une empreinte")

    def __str__(self) -> str:
        return f"{self.name} {self.step} {self.path}"
