"""The proof that somebody read a version of the policy (R04). Written by the application policies, never changed."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from core.operations import AppendOnly
from core.personal_data import PD, After, Keep, KeepUntil, NotPersonal, personal_data

_PROOF = "RGPD 5(2), 12 et 13 ; C. civ. 2224"


@personal_data(subject="person", processing="ACC-04", retention=Keep(years=5, since="at", then=After.REVIEW))
class PolicyReading(models.Model):
    """The version lies in `public`, to which no key leads from here: its number, code and hash are kept instead."""

    at = models.DateTimeField(_("lue le"), db_default=Now(), editable=False)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.DO_NOTHING, db_constraint=False, related_name="+", verbose_name=_("personne")
    )
    person_name = models.CharField(_("nom de la personne"), max_length=160)
    module = models.CharField(_("module"), max_length=40, blank=True)
    code = models.CharField(_("version"), max_length=40)
    number = models.BigIntegerField(_("numéro de la version"))
    sha256 = models.CharField(_("empreinte"), max_length=64)
    address = models.GenericIPAddressField(_("adresse IP"), null=True)

    migration_operations: ClassVar = (AppendOnly,)

    class Meta:
        verbose_name = _("lecture de la politique")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["person", "number"], name="policy_read_once"),
            models.CheckConstraint(condition=models.Q(sha256__regex=r"^[0-9a-f]{64}$"), name="policy_reading_has_hash"),
        ]

    class Privacy:
        person = PD(category="log", basis="legal", origin="observed", erase=KeepUntil(_PROOF, years=5, since="at"))
        person_name = PD(category="log", basis="legal", origin="observed", erase=KeepUntil(_PROOF, years=5, since="at"))
        address = PD(category="log", basis="legal", origin="observed", erase=KeepUntil(_PROOF, years=5, since="at"))
        code = NotPersonal("le nom d'une version")

    def __str__(self) -> str:
        return f"{self.person_name}, {self.code}"
