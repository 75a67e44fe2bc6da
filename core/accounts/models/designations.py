"""Who was designated in writing for what may not be everybody's: taking HR data out (R18), rights of persons."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from core.personal_data import PD, After, Keep, KeepUntil, personal_data

_PROOF = "RGPD 5(2), 28 et 32 ; C. civ. 2224"


class Domain(models.TextChoices):
    HR = "hr", _("Ressources humaines")
    PRIVACY = "privacy", _("Protection des données")


@personal_data(subject="person", processing="ACC-03", retention=Keep(years=5, since="starts_on", then=After.REVIEW))
class Designation(models.Model):
    """One act: the person, its domain, who signed, from when to when. Its document is an Attachment of this row."""

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="designations", verbose_name=_("personne désignée")
    )
    domain = models.CharField(_("pour"), max_length=8, choices=Domain)
    signed_by = models.CharField(
        _("signataire"), max_length=120, help_text=_("Nom et qualité : « Anne Morvan, gérante ».")
    )
    signed_on = models.DateField(_("signée le"))
    starts_on = models.DateField(_("prend effet le"))
    ends_on = models.DateField(_("finit le"), null=True, blank=True, help_text=_("Dernier jour ; vide : sans terme."))
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("inscrite par"), editable=False
    )
    recorded_at = models.DateTimeField(_("inscrite le"), db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("désignation")
        ordering = ["-starts_on", "-id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(ends_on__isnull=True) | models.Q(ends_on__gte=models.F("starts_on")),
                name="designation_ends_after_start",
                violation_error_message=_("La désignation finirait avant de commencer."),
            ),
            models.CheckConstraint(condition=models.Q(domain__in=Domain.values), name="designation_domain_known"),
            models.UniqueConstraint(
                fields=["person", "domain"],
                condition=models.Q(ends_on__isnull=True),
                name="designation_one_open",
                violation_error_message=_(
                    "Cette personne est déjà désignée pour cela, sans terme : mettez-y d’abord fin."
                ),
            ),
        ]

    class Privacy:
        person = PD(category="work", basis="legal", erase=KeepUntil(_PROOF, years=5, since="starts_on"))
        signed_by = PD(
            category="work", basis="legal", third_party=True, erase=KeepUntil(_PROOF, years=5, since="starts_on")
        )  # fmt: skip
        recorded_by = PD(
            category="work", basis="legal", origin="observed", erase=KeepUntil(_PROOF, years=5, since="starts_on")
        )  # fmt: skip

    def __str__(self) -> str:
        return f"{self.person}, {self.get_domain_display()}"
