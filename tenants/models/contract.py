"""What a client signed: the contract, its amendments, its termination. tenants/sql/contracts.sql holds the rest."""

import datetime as dt
from typing import TYPE_CHECKING, ClassVar

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, RangeOperators
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Func, Q, Value
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tenants.documents import place_of, validate_scan, vendor_storage
from tenants.models.client import Client

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

CONFIDENTIALITY_YEARS = 2  # R26: after the contract's end


class Party(models.TextChoices):
    CLIENT = "client", _("Le client")
    VENDOR = "vendor", _("B2O")


def months_after(day: dt.date, months: int) -> dt.date:
    """The same day of the month so many months later (or earlier), the month's last where it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = (dt.date(year + (month == 11), (month + 1) % 12 + 1, 1) - dt.timedelta(days=1)).day
    return dt.date(year, month + 1, min(day.day, last))


def scan(label: "StrOrPromise") -> models.FileField:
    return models.FileField(
        label, upload_to=place_of, storage=vendor_storage, validators=[validate_scan], max_length=100
    )  # fmt: skip


def modules_field(**options) -> ArrayField:
    return ArrayField(models.CharField(max_length=20), verbose_name=_("modules"), **options)


class Contract(models.Model):
    """From go-live on, renewed each year by itself until a termination ends it (R27, R28).

    Seats, modules and fee are those of the first day: amendments change them (R30). The database lets nothing but
    `ends_on` change once it has begun, and that only to the day of a recorded termination.
    """

    client = models.ForeignKey(Client, models.PROTECT, related_name="contracts", verbose_name=_("client"))
    number = models.CharField(_("numéro"), max_length=40)
    signed_on = models.DateField(_("signé le"))
    starts_on = models.DateField(
        _("mise en service"), help_text=_("premier jour du contrat, et de chaque année qui suit")
    )
    ends_on = models.DateField(
        _("fin"), null=True, blank=True, editable=False, help_text=_("premier jour hors contrat ; vide : se reconduit")
    )
    notice_months = models.PositiveSmallIntegerField(
        _("préavis, en mois"), help_text=_("avant la date anniversaire, tel que le contrat le dit")
    )
    yearly_fee = models.DecimalField(
        _("redevance annuelle hors taxes"), max_digits=12, decimal_places=2, validators=[MinValueValidator(0)],
        help_text=_("en euros"),
    )  # fmt: skip
    seats = models.PositiveIntegerField(_("utilisateurs"), validators=[MinValueValidator(1)])
    modules = modules_field()
    document = scan(_("contrat signé"))
    created_at = models.DateTimeField(_("saisi le"), auto_now_add=True)

    class Meta:
        verbose_name = _("contrat")
        ordering = ["-starts_on"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["number"], name="contract_number_unique"),
            models.CheckConstraint(condition=~Q(number="") & ~Q(document=""), name="contract_is_written"),
            models.CheckConstraint(
                condition=Q(seats__gt=0, yearly_fee__gte=0, notice_months__lte=12),
                name="contract_figures",
                violation_error_message=_("Il faut au moins un utilisateur, et un préavis de douze mois au plus."),
            ),
            models.CheckConstraint(
                condition=Q(ends_on__isnull=True) | Q(ends_on__gt=F("starts_on")), name="contract_ends_after_it_starts"
            ),
            ExclusionConstraint(
                name="contracts_apart",
                expressions=[
                    (
                        Func(F("client"), F("client"), Value("[]"), function="int8range"),
                        RangeOperators.OVERLAPS,
                    ),
                    (
                        Func(F("starts_on"), F("ends_on"), Value("[)"), function="daterange"),
                        RangeOperators.OVERLAPS,
                    ),
                ],
                violation_error_message=_(
                    "Ce client a déjà un contrat à ces dates : faites un avenant, ou résiliez d’abord."
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def has_begun(self) -> bool:
        return self.starts_on <= timezone.localdate()

    def renewal_after(self, day: dt.date) -> dt.date:
        """The first anniversary after a day: when the next year begins by tacit renewal."""
        years = max(1, day.year - self.starts_on.year)
        found = months_after(self.starts_on, 12 * years)
        return found if found > day else months_after(self.starts_on, 12 * (years + 1))

    def notice_deadline(self, renewal: dt.date) -> dt.date:
        """The last day on which a termination received still prevents that renewal."""
        return months_after(renewal, -self.notice_months)

    def end_if_terminated(self, received_on: dt.date) -> dt.date:
        """The first day out of contract, for a letter received on a day: the next renewal whose notice is kept."""
        renewal = self.renewal_after(max(received_on, self.starts_on))
        if received_on > self.notice_deadline(renewal):
            renewal = self.renewal_after(renewal)
        return renewal

    @property
    def confidential_until(self) -> dt.date | None:
        """R26; None while the contract runs."""
        return months_after(self.ends_on, 12 * CONFIDENTIALITY_YEARS) if self.ends_on else None


class Amendment(models.Model):
    """A signed change (R30). What it leaves empty stays as it was; the database refuses to change or remove it."""

    contract = models.ForeignKey(Contract, models.PROTECT, related_name="amendments", verbose_name=_("contrat"))
    number = models.PositiveSmallIntegerField(_("avenant n°"))
    signed_on = models.DateField(_("signé le"))
    effective_on = models.DateField(_("prend effet le"))
    seats = models.PositiveIntegerField(
        _("utilisateurs"), null=True, blank=True, validators=[MinValueValidator(1)],
        help_text=_("le nouveau total ; vide : inchangé"),
    )  # fmt: skip
    modules = modules_field(null=True, blank=True)
    yearly_fee = models.DecimalField(
        _("redevance annuelle hors taxes"), max_digits=12, decimal_places=2, null=True, blank=True,
        validators=[MinValueValidator(0)], help_text=_("la nouvelle, en euros ; vide : inchangée"),
    )  # fmt: skip
    purpose = models.CharField(_("objet"), max_length=200)
    document = scan(_("avenant signé"))
    created_at = models.DateTimeField(_("saisi le"), auto_now_add=True)

    class Meta:
        verbose_name = _("avenant")
        ordering = ["-effective_on", "-number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["contract", "number"], name="amendment_number_unique"),
            models.CheckConstraint(condition=~Q(document="") & ~Q(purpose=""), name="amendment_is_written"),
            models.CheckConstraint(
                condition=(Q(seats__isnull=True) | Q(seats__gt=0)) & Q(number__gt=0), name="amendment_figures"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.contract} · {self.number}"


class Termination(models.Model):
    """The registered letter that ends a contract: its number, the day it was received, its scan (R28)."""

    contract = models.OneToOneField(Contract, models.PROTECT, related_name="termination", verbose_name=_("contrat"))
    party = models.CharField(_("à l’initiative de"), max_length=6, choices=Party, default=Party.CLIENT)
    letter_number = models.CharField(_("numéro du recommandé"), max_length=40)
    received_on = models.DateField(_("reçu le"), help_text=_("date de l’avis de réception"))
    document = scan(_("lettre numérisée"))
    effective_on = models.DateField(_("fin du contrat"), editable=False)
    created_at = models.DateTimeField(_("saisie le"), auto_now_add=True)

    class Meta:
        verbose_name = _("résiliation")
        ordering = ["-received_on"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["letter_number"], name="termination_letter_unique"),
            models.CheckConstraint(condition=Q(party__in=Party.values), name="termination_party_known"),
            models.CheckConstraint(condition=~Q(letter_number="") & ~Q(document=""), name="termination_is_written"),
            models.CheckConstraint(
                condition=Q(effective_on__gte=F("received_on")), name="termination_ends_after_its_letter"
            ),
        ]

    def __str__(self) -> str:
        return self.letter_number
