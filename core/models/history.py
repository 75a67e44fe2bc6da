"""What happened to each row. Written by the database's triggers only; read by the screens."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from core.personal_data import PD, ROW, After, Keep, KeepUntil, Null, no_personal_data, personal_data

_PROOF = "RGPD 5(2) et 32 ; C. civ. 2224"


@personal_data(subject=ROW, processing="HIST-01", retention=Keep(years=5, since="at", then=After.REVIEW))
class Event(models.Model):
    """One row was created, updated or deleted: who, when, from where, which fields; never the values.

    The values lie in EventValues, so that erasing a person's data leaves the trace that something happened.
    """

    class Kind(models.TextChoices):
        CREATED = "created", _("Création")
        UPDATED = "updated", _("Modification")
        DELETED = "deleted", _("Suppression")

    at = models.DateTimeField(_("date"))
    actor_id = models.BigIntegerField(_("auteur"), null=True)  # no foreign key: history outlives everything
    actor_name = models.CharField(_("nom de l’auteur"), max_length=160, blank=True)
    screen = models.CharField(_("écran"), max_length=200, blank=True)
    operation = models.CharField(_("opération"), max_length=80, blank=True, help_text="import:12, undo:12, …")
    kind = models.CharField(_("nature"), max_length=8, choices=Kind)
    model = models.CharField(_("modèle"), max_length=80)
    object_id = models.BigIntegerField(_("fiche"))
    fields: ArrayField = ArrayField(models.CharField(max_length=63), verbose_name=_("champs"))
    # HMAC-SHA256 of the values under a random salt: proves them while they are there, tells nothing once they are not.
    commitment = models.BinaryField(_("engagement"), null=True)

    class Meta:
        verbose_name = _("événement")
        indexes: ClassVar = [
            models.Index(fields=["model", "object_id", "id"], name="event_of_row"),
            models.Index(fields=["operation", "id"], condition=~models.Q(operation=""), name="event_of_operation"),
        ]

    class Privacy:
        # GDPR 5(2) and 32: who did what must stay provable; C. civ. 2224 gives five years.
        actor_id = PD(category="log", basis="legal", origin="observed", erase=KeepUntil(_PROOF, years=5, since="at"))
        actor_name = PD(category="log", basis="legal", origin="observed", erase=KeepUntil(_PROOF, years=5, since="at"))

    def __str__(self) -> str:
        return f"{self.model} {self.object_id} {self.kind}"


@personal_data(subject="event", processing="HIST-01")
class EventValues(models.Model):
    """The values before and after, as JSON by column."""

    event = models.OneToOneField(Event, models.CASCADE, primary_key=True, related_name="values")
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    salt = models.UUIDField(null=True, editable=False)
    forgotten_at = models.DateTimeField(_("effacées le"), null=True, editable=False)

    class Meta:
        verbose_name = _("valeurs")

    class Privacy:
        # Erasing takes the values and their salt; the event stays, and the chain of seals still verifies.
        before = PD(category="history", origin="derived", third_party=True, erase=Null())
        after = PD(category="history", origin="derived", third_party=True, erase=Null())

    def __str__(self) -> str:
        return str(self.event_id)


@no_personal_data("des numéros et des empreintes")
class Seal(models.Model):
    """A block of the chain: the events after the previous seal's, in order, and a hash that covers them and it.

    Ids and digests are kept so that a damage is told to the event. Made by core.sealing.
    """

    number = models.BigIntegerField(_("numéro"), primary_key=True)
    first_event = models.BigIntegerField(_("premier événement"))
    last_event = models.BigIntegerField(_("dernier événement"))
    count = models.IntegerField(_("événements"))
    ids: ArrayField = ArrayField(models.BigIntegerField(), verbose_name=_("numéros des événements"))
    digests = models.BinaryField(_("empreintes"), help_text="32 octets par événement")
    previous = models.BinaryField(_("sceau précédent"))
    hash = models.BinaryField(_("sceau"))
    at = models.DateTimeField(_("date"))

    class Meta:
        verbose_name = _("sceau")
        verbose_name_plural = _("sceaux")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["last_event"], name="seal_of_last_event"),
            models.CheckConstraint(condition=models.Q(first_event__lte=models.F("last_event")), name="seal_in_order"),
        ]

    def __str__(self) -> str:
        return f"{self.number} ({self.first_event}–{self.last_event})"


@no_personal_data("un numéro et une empreinte")
class SealHead(models.Model):
    """The last seal of the chain, kept apart: a chain cut short at its end would otherwise look whole."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    number = models.BigIntegerField(_("numéro"))
    hash = models.BinaryField(_("sceau"))

    class Meta:
        verbose_name = _("dernier sceau")
        constraints: ClassVar = [models.CheckConstraint(condition=models.Q(id=1), name="one_seal_head")]

    def __str__(self) -> str:
        return str(self.number)
