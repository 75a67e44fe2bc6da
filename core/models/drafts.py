"""What people typed in a form and have not saved yet."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from core.personal_data import PD, After, DeleteRow, Keep, personal_data


@personal_data(
    subject="user", processing="HIST-01", retention=Keep(years=30 / 365, since="saved_at", then=After.DELETE)
)
class FormDraft(models.Model):
    """The content of one open form of one person. Offered again, never applied by itself; gone after thirty days."""

    key = models.UUIDField(_("clé"), help_text=_("celle du formulaire ouvert : deux onglets, deux brouillons"))
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, verbose_name=_("personne"), related_name="form_drafts"
    )
    resource = models.CharField(_("liste"), max_length=80)
    object_id = models.BigIntegerField(_("fiche"), null=True)  # no foreign key: what was typed outlives the row
    data = models.JSONField(_("contenu"))  # {input name: [values]}
    saved_at = models.DateTimeField(_("gardé le"), auto_now=True)

    class Meta:
        verbose_name = _("brouillon")
        verbose_name_plural = _("brouillons")
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="form_draft_once")]
        indexes: ClassVar = [
            models.Index(fields=["user", "resource", "object_id", "-saved_at"], name="form_draft_of_form"),
            models.Index(fields=["saved_at"], name="form_draft_by_age"),
        ]

    class Privacy:
        user = PD(category="log", origin="observed", erase=DeleteRow())
        data = PD(category="free text", third_party=True, erase=DeleteRow())

    def __str__(self) -> str:
        return f"{self.resource} {self.object_id or ''}".strip()
