"""Long work that a worker does while people do something else."""

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from core.personal_data import PD, After, Keep, NotPersonal, Null, Review, personal_data


class JobState(models.TextChoices):
    """queued → running → done, failed, cancelled or interrupted; a job whose worker died may run once more."""

    QUEUED = "queued", _("En attente")
    RUNNING = "running", _("En cours")
    DONE = "done", _("Terminé")
    FAILED = "failed", _("Échoué")
    CANCELLED = "cancelled", _("Annulé")
    INTERRUPTED = "interrupted", _("Interrompu")


UNFINISHED = (JobState.QUEUED, JobState.RUNNING)


def job_path(job: "Job", filename: str) -> str:
    """A random name: what people call their files never reaches the disk."""
    return f"jobs/{uuid.uuid4().hex}"


@personal_data(
    subject="owner", processing="JOB-01", retention=Keep(years=30 / 365, since="created_at", then=After.DELETE)
)
class Job(models.Model):
    """One work and what became of it. Written by core.jobs only; gone, with its file, after thirty days."""

    kind = models.CharField(_("nature"), max_length=60)
    label = models.CharField(_("intitulé"), max_length=200)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        verbose_name=_("demandé par"),
        null=True,
        blank=True,
        related_name="+",
    )
    state = models.CharField(_("état"), max_length=11, choices=JobState, default=JobState.QUEUED)
    done = models.BigIntegerField(_("fait"), default=0)
    total = models.BigIntegerField(_("sur"), null=True)
    message = models.TextField(_("message"), blank=True)
    args = models.JSONField(_("paramètres"), default=dict)
    result = models.JSONField(_("résultat"), default=dict)
    result_url = models.CharField(_("page du résultat"), max_length=500, blank=True)
    file = models.FileField(_("fichier produit"), upload_to=job_path, max_length=120, blank=True)
    filename = models.CharField(_("nom du fichier"), max_length=200, blank=True)
    attempts = models.PositiveSmallIntegerField(_("essais"), default=0)
    created_at = models.DateTimeField(_("demandé le"), db_default=Now(), editable=False)
    sent_at = models.DateTimeField(_("confié le"), db_default=Now(), editable=False)
    started_at = models.DateTimeField(_("commencé le"), null=True, editable=False)
    heartbeat_at = models.DateTimeField(_("dernier signe de vie"), null=True, editable=False)
    finished_at = models.DateTimeField(_("fini le"), null=True, editable=False)
    cancel_asked_at = models.DateTimeField(_("annulation demandée le"), null=True, editable=False)

    class Meta:
        verbose_name = _("travail")
        verbose_name_plural = _("travaux")
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(state__in=JobState.values), name="job_state_known"),
            models.CheckConstraint(condition=Q(done__gte=0) & (Q(total=None) | Q(total__gte=0)), name="job_counts_up"),
            models.CheckConstraint(
                condition=(Q(state__in=UNFINISHED) & Q(finished_at=None))
                | (~Q(state__in=UNFINISHED) & Q(finished_at__isnull=False)),
                name="job_ends_once",
            ),
            models.CheckConstraint(
                condition=~Q(state=JobState.RUNNING) | Q(heartbeat_at__isnull=False), name="job_running_is_alive"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["owner", "-id"], name="job_of_owner"),
            # Not state__in: PostgreSQL writes an IN of varchar otherwise the second time, and clones would differ.
            models.Index(
                fields=["sent_at"],
                condition=Q(state=JobState.QUEUED) | Q(state=JobState.RUNNING),
                name="job_unfinished",
            ),
            models.Index(fields=["created_at"], name="job_by_age"),
        ]

    class Privacy:
        label = NotPersonal("ce que fait le travail : le nom d’une liste")
        owner = PD(category="log", origin="observed", erase=Null())
        message = PD(category="free text", origin="derived", third_party=True, erase=Review())
        args = NotPersonal("des clés et des filtres")
        result = PD(category="free text", origin="derived", third_party=True, erase=Review())
        file = PD(category="file", origin="derived", third_party=True, erase=Review())
        filename = NotPersonal("un nom fait par le logiciel")

    def __str__(self) -> str:
        return self.label

    @property
    def is_finished(self) -> bool:
        return self.state not in UNFINISHED

    @property
    def percent(self) -> int | None:
        """From 0 to 100; None while the length is unknown."""
        if self.state == JobState.DONE:
            return 100
        if not self.total:
            return None
        return min(100, self.done * 100 // self.total)
