"""What goes out by itself: addresses that are told of changes, and each telling with what came of it."""

import uuid
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from core.models import DomainModel
from core.personal_data import NotPersonal, no_personal_data
from interfaces.models.requests import WrittenRequest
from interfaces.operations import FillOutbox

KINDS = ("created", "updated", "deleted")


class DeliveryState(models.TextChoices):
    """queued → sent; dead: tried long enough; dropped: not for this interface, or no longer in force."""

    QUEUED = "queued", _("En attente")
    SENT = "sent", _("Reçu")
    DEAD = "dead", _("Abandonné")
    DROPPED = "dropped", _("Sans objet")


@no_personal_data("l'adresse d'un logiciel")
class Webhook(DomainModel):
    """An address under a written request. Its signing secret is derived (interfaces.signing), not kept."""

    request = models.ForeignKey(WrittenRequest, models.PROTECT, verbose_name=_("demande"), related_name="webhooks")
    url = models.URLField(_("adresse"), max_length=500, help_text="https://…")
    kinds: ArrayField = ArrayField(models.CharField(max_length=8), verbose_name=_("événements"), default=list)
    nonce = models.UUIDField(_("sel du secret"), default=uuid.uuid4, editable=False)
    active = models.BooleanField(_("en service"), default=True)

    class Meta:
        verbose_name = _("envoi automatique")
        verbose_name_plural = _("envois automatiques")
        ordering = ("id",)
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["request", "url"], name="webhook_once", violation_error_message=_("Cette adresse y est déjà.")
            ),
            models.CheckConstraint(condition=Q(url__regex=r"^https?://[^/@]+(/.*)?$"), name="webhook_is_http"),
            models.CheckConstraint(
                condition=Q(kinds__len__gt=0) & Q(kinds__contained_by=list(KINDS)), name="webhook_kinds_known"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["request"], condition=Q(active=True), name="webhook_active")]

    class Privacy:
        request = NotPersonal("une demande de l'entreprise")
        url = NotPersonal("l'adresse d'un serveur")
        custom = NotPersonal("inutilisé")

    def __str__(self) -> str:
        return self.url


@no_personal_data("des numéros de fiches, jamais leurs valeurs : le contenu se lit au moment de l'envoi")
class Delivery(models.Model):
    """One event for one webhook, written by a trigger in the transaction of the change (tenants/sql/interfaces.sql)."""

    webhook = models.ForeignKey(Webhook, models.CASCADE, related_name="deliveries")
    uid = models.UUIDField(_("numéro unique"), default=uuid.uuid4, editable=False)
    event = models.BigIntegerField(_("événement"))
    kind = models.CharField(_("nature"), max_length=8)
    model = models.CharField(_("modèle"), max_length=80)
    object_id = models.BigIntegerField(_("fiche"))
    changed: ArrayField = ArrayField(models.CharField(max_length=63), verbose_name=_("colonnes"), default=list)
    occurred_at = models.DateTimeField(_("survenu le"))
    state = models.CharField(_("état"), max_length=7, choices=DeliveryState, default=DeliveryState.QUEUED)
    attempts = models.PositiveSmallIntegerField(_("essais"), default=0)
    next_try_at = models.DateTimeField(_("prochain essai"), db_default=Now())
    status = models.PositiveSmallIntegerField(_("réponse"), null=True)
    error = models.CharField(_("cause"), max_length=500, blank=True)
    sent_at = models.DateTimeField(_("reçu le"), null=True)

    migration_operations: ClassVar[tuple[type, ...]] = (FillOutbox,)

    class Meta:
        verbose_name = _("envoi")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["webhook", "event"], name="delivery_once"),
            models.CheckConstraint(condition=Q(state__in=DeliveryState.values), name="delivery_state_known"),
            models.CheckConstraint(
                condition=Q(state=DeliveryState.SENT, sent_at__isnull=False)
                | ~Q(state=DeliveryState.SENT) & Q(sent_at=None),
                name="delivery_sent_at_a_time",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["next_try_at", "id"], condition=Q(state="queued"), name="delivery_waiting"),
            models.Index(fields=["webhook", "-id"], name="delivery_of_webhook"),
            models.Index(fields=["webhook", "object_id"], condition=Q(state="sent"), name="delivery_sent"),
        ]

    def __str__(self) -> str:
        return f"{self.model} {self.object_id} {self.kind}"
