"""The journal of the door: who came in, from where, with what; who could not. Rows never change, and go in a year."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from core.operations import GoneInAYear
from core.personal_data import PD, After, Keep, KeepUntil, personal_data


class DoorEventKind(models.TextChoices):
    SIGNED_IN = "signed_in", _("Connexion")
    FAILED = "failed", _("Mot de passe refusé")
    FACTOR_FAILED = "factor_failed", _("Second facteur refusé")
    LIMITED = "limited", _("Trop d’essais")
    SIGNED_OUT = "signed_out", _("Déconnexion")
    SESSIONS_ENDED = "sessions_ended", _("Sessions fermées")
    PASSWORD = "password", _("Mot de passe changé")
    ADDRESS = "address", _("Adresse e-mail changée")
    FACTOR_ADDED = "factor_added", _("Second facteur ajouté")
    FACTOR_REMOVED = "factor_removed", _("Second facteur retiré")


_SAFETY = "RGPD 32 ; CNIL, délibération 2021-122 : six mois à un an"


@personal_data(subject="person", processing="ACC-02", retention=Keep(years=1, since="at", then=After.DELETE))
class DoorEvent(models.Model):
    """`person` is null when the address typed is nobody's: what was typed is not kept, it may be a password."""

    at = models.DateTimeField(_("date"), db_default=Now(), editable=False)
    kind = models.CharField(_("nature"), max_length=14, choices=DoorEventKind)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.DO_NOTHING, null=True, db_constraint=False, related_name="+",
        verbose_name=_("personne"),
    )  # fmt: skip
    by_name = models.CharField(_("par"), max_length=160, blank=True, help_text=_("vide : la personne elle-même"))
    means = models.CharField(_("moyen"), max_length=20, blank=True, help_text="password, invitation, totp, webauthn…")
    address = models.GenericIPAddressField(_("adresse IP"), null=True)
    device = models.CharField(_("appareil"), max_length=80, blank=True)

    migration_operations: ClassVar = (GoneInAYear,)

    class Meta:
        verbose_name = _("passage")
        indexes: ClassVar = [models.Index(fields=["person", "id"], name="door_of_person")]
        constraints = [
            models.CheckConstraint(condition=models.Q(kind__in=DoorEventKind.values), name="door_event_kind_known")
        ]

    class Privacy:
        person = PD(category="log", origin="observed", erase=KeepUntil(_SAFETY, years=1, since="at"))
        by_name = PD(category="log", origin="observed", third_party=True, erase=KeepUntil(_SAFETY, years=1, since="at"))
        address = PD(category="log", origin="observed", erase=KeepUntil(_SAFETY, years=1, since="at"))
        device = PD(category="log", origin="observed", erase=KeepUntil(_SAFETY, years=1, since="at"))

    def __str__(self) -> str:
        return f"{self.at} {self.kind}"
