"""Counters of documents. Only core.sequences moves them."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from core.operations import OnlyUp
from core.personal_data import NotPersonal, no_personal_data


@no_personal_data("des compteurs")
class Sequence(models.Model):
    """The last number taken under a name in a period. Each document keeps its own: no history is kept here.

    A trigger refuses anything but one more: no going back, no leap, no other name, no deletion (OnlyUp).
    """

    name = models.CharField(_("suite"), max_length=60)
    period = models.CharField(_("période"), max_length=10, blank=True, help_text="2026, 2026-11 ; vide : sans fin")
    last = models.BigIntegerField(_("dernier numéro"))

    migration_operations: ClassVar = (OnlyUp,)

    class Privacy:
        name = NotPersonal("le nom d'une suite de numéros")

    class Meta:
        verbose_name = _("suite de numéros")
        verbose_name_plural = _("suites de numéros")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["name", "period"], name="sequence_once"),
            models.CheckConstraint(condition=~models.Q(name=""), name="sequence_has_a_name"),
            models.CheckConstraint(condition=models.Q(last__gte=0), name="sequence_from_zero"),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.period} {self.last}".replace("  ", " ")
