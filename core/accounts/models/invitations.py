"""The way in of a person who has no password yet: a link that opens once, within thirty minutes (R09)."""

import datetime as dt
import hashlib
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.personal_data import PD, After, DeleteRow, Keep, Null, personal_data

LIFE = dt.timedelta(minutes=30)  # R09


def digest_of(token: str) -> str:
    """What the table keeps of a token: its SHA-256, in 64 hexadecimal digits. 256 random bits need no salt."""
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()


class InvitationLinks(models.Manager["InvitationLink"]):
    def open(self) -> models.QuerySet["InvitationLink"]:
        """The links that still lead somewhere: neither used nor out of time, to somebody who may come in."""
        return self.filter(used_at=None, expires_at__gt=timezone.now(), user__is_active=True)


@personal_data(subject="user", processing="ACC-01", retention=Keep(years=1, since="created_at", then=After.DELETE))
class InvitationLink(models.Model):
    """One mail with a link. A newer one ends those before it."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="links", verbose_name=_("personne"))
    digest = models.CharField(_("empreinte du lien"), max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(_("envoyé le"), default=timezone.now, editable=False)
    expires_at = models.DateTimeField(_("valable jusqu’au"))
    used_at = models.DateTimeField(_("utilisé le"), null=True)
    invited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("par"),
        help_text=_("vide : la personne elle-même, ou B2O"),
    )

    objects: ClassVar[InvitationLinks] = InvitationLinks()

    class Meta:
        verbose_name = _("lien d’invitation")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(expires_at__lte=models.F("created_at") + LIFE), name="invitation_thirty_minutes"
            ),
            models.CheckConstraint(
                condition=models.Q(used_at__isnull=True) | models.Q(used_at__lte=models.F("expires_at")),
                name="invitation_used_in_time",
            ),
        ]

    class Privacy:
        user = PD(category="identity", basis="contract", origin="staff", erase=DeleteRow())
        invited_by = PD(category="work", basis="contract", origin="observed", erase=Null())

    def __str__(self) -> str:
        return f"{self.user} ({self.created_at})"
