"""The versions of the data-protection policy, and of each module's notice (R03). Public schema; never changed."""

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from core.operations import AppendOnly
from core.personal_data import NotPersonal, no_personal_data


@no_personal_data("un texte publié")
class PolicyVersion(models.Model):
    """One text, as it was published; a correction is a new version. The database computes the hash."""

    module = models.SlugField(
        _("module"), max_length=40, blank=True, help_text=_("vide : la politique elle-même ; crm : la notice du module")
    )
    code = models.CharField(_("version"), max_length=40, help_text="2026-11")
    text = models.TextField(
        _("texte"), help_text=_("Titres « ## », listes « - », paragraphes séparés d’une ligne vide.")
    )
    material = models.BooleanField(
        _("changement important"),
        default=False,
        help_text=_("chacun devra la lire avant de continuer à se servir de son instance (R04)"),
    )
    sha256 = models.CharField(_("empreinte"), max_length=64, editable=False, db_default="")
    published_at = models.DateTimeField(_("publiée le"), db_default=Now(), editable=False)
    published_by = models.CharField(_("publiée par"), max_length=160, blank=True, editable=False)

    migration_operations: ClassVar = (AppendOnly,)

    class Meta:
        verbose_name = _("version de la politique")
        verbose_name_plural = _("versions de la politique")
        ordering = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["module", "code"],
                name="policy_version_unique",
                violation_error_message=_("Cette version existe déjà, et ne change plus : donnez-lui un autre nom."),
            ),
            models.CheckConstraint(condition=~models.Q(text="") & ~models.Q(code=""), name="policy_version_not_empty"),
            models.CheckConstraint(condition=models.Q(sha256__regex=r"^[0-9a-f]{64}$"), name="policy_version_hashed"),
        ]

    class Privacy:
        text = NotPersonal("un texte publié")
        published_by = NotPersonal("un membre de l'équipe de B2O, au titre de sa fonction")

    def __str__(self) -> str:
        return f"{self.module or _('Politique')} {self.code}"
