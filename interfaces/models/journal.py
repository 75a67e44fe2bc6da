"""What each interface did, and what it was refused. Rows are only ever added."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from core.operations import AppendOnly
from core.personal_data import NotPersonal, no_personal_data


@no_personal_data("les appels d'un logiciel : jamais de valeurs, et des adresses sans leurs paramètres")
class Call(models.Model):
    """One call with a key. No constraint leads to the key: the journal outlives everything."""

    at = models.DateTimeField(_("date"), db_default=Now(), editable=False)
    request = models.ForeignKey(
        "interfaces.WrittenRequest", models.DO_NOTHING, db_constraint=False, verbose_name=_("demande"),
        related_name="calls",
    )  # fmt: skip
    key = models.ForeignKey(
        "interfaces.ApiKey", models.DO_NOTHING, db_constraint=False, verbose_name=_("clé"), related_name="calls"
    )
    method = models.CharField(_("méthode"), max_length=7)
    path = models.CharField(_("adresse"), max_length=200)
    resource = models.CharField(_("liste"), max_length=80, blank=True)
    status = models.PositiveSmallIntegerField(_("réponse"))
    refusal = models.CharField(_("refus"), max_length=30, blank=True)
    fields: ArrayField = ArrayField(
        models.CharField(max_length=80), verbose_name=_("champs refusés"), default=list, blank=True
    )
    rows = models.PositiveIntegerField(_("fiches"), default=0)
    address = models.GenericIPAddressField(_("adresse IP"), null=True)

    migration_operations: ClassVar[tuple[type, ...]] = (AppendOnly,)

    class Meta:
        verbose_name = _("appel")
        indexes: ClassVar = [
            models.Index(fields=["request", "-id"], name="call_of_request"),
            models.Index(fields=["key", "-id"], name="call_of_key"),
        ]

    class Privacy:
        request = NotPersonal("une demande de l'entreprise")
        key = NotPersonal("la clé d'un logiciel")
        address = NotPersonal("l'adresse d'un serveur, sous un contrat qui le nomme")

    def __str__(self) -> str:
        return f"{self.method} {self.path} {self.status}"
