"""The journal of what privacy did, that restores do again."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from core.operations import AppendOnly
from core.personal_data import NotPersonal, no_personal_data


class ErasureKind(models.TextChoices):
    """What privacy did to a row, that a restore must do again."""

    ERASE = "erase", _("Effacement")
    RETENTION = "retention", _("Fin de conservation")
    RECTIFY = "rectify", _("Rectification")
    RESTRICT = "restrict", _("Limitation")
    OBJECT = "object", _("Opposition")
    UNSUBSCRIBE = "unsubscribe", _("Désinscription")
    WITHDRAW = "withdraw", _("Retrait du consentement")
    REVOKE = "revoke", _("Interface révoquée")


@no_personal_data("des numéros, des noms de champs et ce qui a remplacé les valeurs ; jamais les valeurs effacées")
class Erasure(models.Model):
    """The journal of erasures: in public and append-only, so that no restore brings back what was erased.

    Written in the same transaction as the erasure itself (`erasures.journal`).
    """

    seq = models.BigAutoField(_("numéro"), primary_key=True)
    at = models.DateTimeField(_("date"), db_default=Now(), editable=False)
    client_id = models.BigIntegerField(_("identifiant du client"))
    kind = models.CharField(_("nature"), max_length=11, choices=ErasureKind)
    model = models.CharField(_("modèle"), max_length=80)
    object_id = models.BigIntegerField(_("fiche"))
    values = models.JSONField(_("remplacements"), null=True, help_text=_("par champ ; rien : la ligne entière"))

    migration_operations: ClassVar = (AppendOnly,)

    class Meta:
        verbose_name = _("effacement")
        ordering = ["seq"]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=ErasureKind.values), name="erasure_kind_known"),
            models.CheckConstraint(
                condition=Q(values__isnull=False) | Q(kind__in=[ErasureKind.ERASE, ErasureKind.RETENTION]),
                name="erasure_of_a_row_is_an_erasure",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["client_id", "at"], name="erasure_of_client")]

    class Privacy:
        values = NotPersonal("ce qui a remplacé les valeurs effacées : vide, ou un mot commun")

    def __str__(self) -> str:
        return f"{self.kind} {self.model} {self.object_id}"
