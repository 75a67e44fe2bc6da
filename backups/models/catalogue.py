"""The catalogue of the backups. It lives in public and outlives the clients: no foreign key."""

import datetime as dt
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.personal_data import NotPersonal, no_personal_data


class Kind(models.TextChoices):
    FULL = "full", _("Complète")
    INCREMENT = "increment", _("Incrément")


class Trigger(models.TextChoices):
    NIGHTLY = "nightly", _("Chaque soir")
    NOON = "noon", _("Chaque midi")
    MANUAL = "manual", _("À la demande")


class State(models.TextChoices):
    """running → stored → verified → pruned; failed says why; aborted is a run whose worker died."""

    RUNNING = "running", _("En cours")
    STORED = "stored", _("Écrite, à vérifier")
    VERIFIED = "verified", _("Vérifiée")
    FAILED = "failed", _("Échouée")
    ABORTED = "aborted", _("Interrompue")
    PRUNED = "pruned", _("Détruite à son terme")


KEPT = (State.STORED, State.VERIFIED)
SCHEDULED = (Trigger.NIGHTLY, Trigger.NOON)
_SLOT_TAKEN = Q(trigger__in=SCHEDULED, state__in=[State.RUNNING, *KEPT])


class BackupQuerySet(models.QuerySet["Backup"]):
    def restorable(self) -> "BackupQuerySet":
        return self.filter(state__in=KEPT)

    def of(self, *, client_id: int) -> "BackupQuerySet":
        """By identity, not by name: a new client that takes a deleted one's name must not see its backups."""
        return self.filter(client_id=client_id)


@no_personal_data("le catalogue : dates, tailles, empreintes ; le contenu des sauvegardes suit R13 et le rejeu")
class Backup(models.Model):
    """One run. Written once, then only its state, its result and its link in the chain move forward."""

    seq = models.BigAutoField(_("numéro"), primary_key=True)
    client_id = models.BigIntegerField(_("identifiant du client"))
    client_code = models.CharField(_("client"), max_length=40)
    schema_name = models.CharField(_("schéma"), max_length=63)
    kind = models.CharField(_("nature"), max_length=12, choices=Kind, default=Kind.FULL)
    trigger = models.CharField(_("origine"), max_length=8, choices=Trigger)
    parent = models.ForeignKey(
        "self",
        models.DO_NOTHING,  # rows of the catalogue are not deleted, and PostgreSQL refuses to
        null=True,
        verbose_name=_("complète"),
        help_text=_("celle qu’un incrément complète"),
    )
    slot = models.DateField(_("jour"), help_text=_("jour de Paris auquel la sauvegarde compte"))
    state = models.CharField(_("état"), max_length=8, choices=State, default=State.RUNNING)
    started_at = models.DateTimeField(_("début"), auto_now_add=True)
    ended_at = models.DateTimeField(_("fin"), null=True)
    verified_at = models.DateTimeField(_("vérifiée le"), null=True)
    size = models.BigIntegerField(_("taille en octets"), null=True, help_text=_("fichiers joints compris"))
    rows = models.BigIntegerField(_("lignes"), null=True)
    files = models.IntegerField(_("fichiers"), null=True)
    path = models.CharField(_("dossier"), max_length=200, blank=True)
    schema_part = models.CharField(_("définitions"), max_length=64, blank=True, help_text=_("empreinte, partagée"))
    manifest_sha256 = models.CharField(_("empreinte du manifeste"), max_length=64, blank=True)
    previous_hash = models.CharField(_("maillon précédent"), max_length=64, blank=True)
    hash = models.CharField(_("maillon"), max_length=64, blank=True)
    error = models.TextField(_("erreur"), blank=True)
    note = models.TextField(_("remarque"), blank=True, help_text=_("pourquoi une complète à midi"))
    hold = models.CharField(_("retenue"), max_length=200, blank=True, help_text=_("motif ; elle n’expire pas"))
    doubtful_clock = models.BooleanField(_("horloge douteuse"), default=False)
    pruned_at = models.DateTimeField(_("détruite le"), null=True)
    drilled_at = models.DateTimeField(_("dernier essai"), null=True, help_text=_("restaurée de nouveau à l’essai"))

    objects = BackupQuerySet.as_manager()

    class Meta:
        verbose_name = _("sauvegarde")
        ordering = ["-seq"]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=Kind.values), name="backup_kind_known"),
            models.CheckConstraint(condition=Q(trigger__in=Trigger.values), name="backup_trigger_known"),
            models.CheckConstraint(condition=Q(state__in=State.values), name="backup_state_known"),
            models.CheckConstraint(
                condition=Q(state=State.RUNNING, ended_at=None) | (~Q(state=State.RUNNING) & Q(ended_at__isnull=False)),
                name="backup_ends_once",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=KEPT)
                | (Q(size__gt=0, rows__gte=0, files__gte=0) & ~Q(path="") & ~Q(manifest_sha256="") & ~Q(hash="")),
                name="backup_kept_is_complete",
            ),
            models.CheckConstraint(
                condition=~Q(state=State.VERIFIED) | Q(verified_at__isnull=False), name="backup_verified_has_a_date"
            ),
            models.CheckConstraint(condition=~Q(state=State.FAILED) | ~Q(error=""), name="backup_failure_has_a_reason"),
            models.CheckConstraint(
                condition=Q(kind=Kind.FULL, parent=None) | Q(kind=Kind.INCREMENT, parent__isnull=False),
                name="backup_increment_has_a_full",
            ),
            models.CheckConstraint(
                condition=Q(state=State.PRUNED, pruned_at__isnull=False) | (~Q(state=State.PRUNED) & Q(pruned_at=None)),
                name="backup_pruned_has_a_date",
            ),
            models.CheckConstraint(condition=~Q(state=State.PRUNED) | Q(hold=""), name="backup_held_is_never_pruned"),
            models.UniqueConstraint(
                fields=["client_id", "trigger", "slot"], condition=_SLOT_TAKEN, name="backup_one_a_slot"
            ),
            # The chain cannot fork, and has one beginning: two rows never follow the same one.
            models.UniqueConstraint(fields=["previous_hash"], condition=~Q(hash=""), name="backup_chain_does_not_fork"),
        ]
        indexes: ClassVar = [models.Index(fields=["client_code", "-seq"], name="backup_of_client")]

    class Privacy:
        schema_name = NotPersonal("un schéma")
        error = NotPersonal("la panne d'une sauvegarde, sans valeur de ligne")
        note = NotPersonal("pourquoi une complète à midi")
        hold = NotPersonal("pourquoi la sauvegarde est gardée")

    def __str__(self) -> str:
        return f"n° {self.seq} de {self.client_code}"

    @property
    def is_verified(self) -> bool:
        return self.state == State.VERIFIED

    @property
    def duration(self) -> dt.timedelta | None:
        """From the beginning to the last byte written, verification apart."""
        return self.ended_at - self.started_at if self.ended_at else None


@no_personal_data("les alarmes des sauvegardes : des noms de clients et des dates")
class AlarmSent(models.Model):
    """What was told already: the same alarms are not sent twice."""

    digest = models.CharField(max_length=64, primary_key=True)
    text = models.TextField(_("alarmes"))
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("alarme envoyée")
        ordering = ["-at"]

    class Privacy:
        text = NotPersonal("des noms de clients et des dates")

    def __str__(self) -> str:
        return self.text
