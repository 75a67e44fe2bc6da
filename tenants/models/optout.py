"""Who left a client's mailings: kept outside its schema, so that no restore writes to them again."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class OptOut(models.Model):
    """Append-only (migration 0130), in public, written with the opposition. A keyed digest, never the address."""

    seq = models.BigAutoField(_("numéro"), primary_key=True)
    at = models.DateTimeField(_("date"), db_default=Now(), editable=False)
    client_id = models.BigIntegerField(_("identifiant du client"))
    digest = models.CharField(_("empreinte"), max_length=64)
    scope = models.CharField(_("portée"), max_length=30)
    channel = models.CharField(_("voie"), max_length=5)
    reason = models.CharField(_("raison"), max_length=12)

    class Meta:
        verbose_name = _("opposition")
        ordering: ClassVar = ["seq"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(digest__regex=r"^[0-9a-f]{64}$"), name="optout_is_a_digest"),
        ]
        indexes: ClassVar = [models.Index(fields=["client_id", "at"], name="optout_of_client")]

    def __str__(self) -> str:
        return f"{self.client_id} {self.reason}"
