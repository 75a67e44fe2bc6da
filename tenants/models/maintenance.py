"""The register of maintenance (R22): what was done to which instances, when, by whom, and how it ended."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tenants.models.client import Client


class MaintenanceKind(models.TextChoices):
    UPDATE = "update", _("Mise à jour")
    SECURITY = "security", _("Sécurité")
    INFRASTRUCTURE = "infrastructure", _("Infrastructure")
    REPAIR = "repair", _("Réparation")


class Outcome(models.TextChoices):
    DONE = "done", _("Réussie")
    FAILED = "failed", _("Échouée, retour arrière")
    CANCELLED = "cancelled", _("Annulée")


class Maintenance(models.Model):
    """One window. Instances show it beforehand from `announced_at` on, and are closed in it if `closes`.

    The window alone says when they are closed: work that lasts longer lengthens it. With an outcome it is over.
    """

    kind = models.CharField(_("nature"), max_length=14, choices=MaintenanceKind, default=MaintenanceKind.UPDATE)
    announced_at = models.DateTimeField(_("annoncée à partir de"), default=timezone.now)
    starts_at = models.DateTimeField(_("début"))
    ends_at = models.DateTimeField(_("fin"))
    closes = models.BooleanField(_("ferme les instances"), default=True)
    clients: "models.ManyToManyField[Client, Client]" = models.ManyToManyField(
        Client, verbose_name=_("clients"), blank=True, related_name="maintenances", help_text=_("aucun : tous")
    )
    version = models.CharField(_("version"), max_length=40, blank=True, help_text=_("celle que l’on pose"))
    purpose = models.CharField(_("ce qu’en lisent les utilisateurs"), max_length=200)
    operator = models.CharField(_("opérateur"), max_length=160, editable=False)
    outcome = models.CharField(_("issue"), max_length=9, choices=Outcome, blank=True)
    report = models.TextField(_("compte rendu"), blank=True, max_length=4000)
    ended_at = models.DateTimeField(_("close le"), null=True, editable=False)

    class Meta:
        verbose_name = _("maintenance")
        ordering = ["-starts_at"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")),
                name="maintenance_ends_after_it_starts",
                violation_error_message=_("La fin suit le début."),
            ),
            models.CheckConstraint(
                condition=Q(announced_at__lte=F("starts_at")),
                name="maintenance_announced_beforehand",
                violation_error_message=_("L’annonce précède le début."),
            ),
            models.CheckConstraint(condition=Q(kind__in=MaintenanceKind.values), name="maintenance_kind_known"),
            models.CheckConstraint(
                condition=Q(outcome="", ended_at=None) | (Q(outcome__in=Outcome.values) & Q(ended_at__isnull=False)),
                name="maintenance_ends_with_an_outcome",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["ends_at"], name="maintenance_open", condition=Q(outcome="")),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {timezone.localtime(self.starts_at):%d/%m/%Y %H:%M}"
