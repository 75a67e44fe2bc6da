"""The bin: rows that people deleted, whole, for thirty days."""

from typing import ClassVar

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from core.personal_data import PD, After, DeleteRow, Keep, Null, personal_data


@personal_data(
    subject="row", processing="CORE-02", retention=Keep(years=30 / 365, since="binned_at", then=After.DELETE)
)
class BinnedRow(models.Model):
    """A deleted row as the database had it, with what went or was detached along. See core.actions.bin.

    content: {"rows": [[model, {column: value}], …] in the order of re-insertion,
    "detached": [[model, column, key, [pk]], …]}
    """

    operation = models.UUIDField(_("opération"), help_text=_("ce qui a été supprimé d’un même geste"))
    model = models.CharField(_("modèle"), max_length=80)
    object_id = models.BigIntegerField(_("fiche"))
    title = models.CharField(_("fiche"), max_length=300)
    content = models.JSONField(_("contenu"), encoder=DjangoJSONEncoder)
    binned_at = models.DateTimeField(_("supprimée le"), db_default=Now(), editable=False)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, verbose_name=_("supprimée par"), null=True, related_name="+"
    )

    class Privacy:
        title = PD(category="identité", origin="derived", third_party=True, erase=DeleteRow())
        content = PD(category="fiche entière", origin="derived", third_party=True, erase=DeleteRow())
        by = PD(category="identité", erase=Null())

    class Meta:
        verbose_name = _("fiche à la corbeille")
        verbose_name_plural = _("fiches à la corbeille")
        constraints: ClassVar = [models.UniqueConstraint(fields=["model", "object_id"], name="binned_once")]
        indexes: ClassVar = [
            models.Index(fields=["operation"], name="binned_together"),
            models.Index(fields=["binned_at"], name="binned_since"),
        ]

    def __str__(self) -> str:
        return self.title
