"""What left the instance in bulk: files, printed lists, API reads (R02). Written by core.exporting.recording only."""

import uuid
from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from core.operations import AppendOnly
from core.personal_data import (
    PD,
    After,
    DeleteRow,
    Keep,
    KeepUntil,
    NotPersonal,
    no_personal_data,
    personal_data,
)  # fmt: skip

_PROOF = "RGPD 5(2) et 32 ; C. civ. 2224"


class Way(models.TextChoices):
    """How the rows left."""

    EXPORT = "export", _("Fichier")
    PRINT = "print", _("Impression")
    API = "api", _("API")


class Outcome(models.TextChoices):
    COMPLETE = "complete", _("Complète")
    INTERRUPTED = "interrupted", _("Interrompue")
    CANCELLED = "cancelled", _("Annulée")
    FAILED = "failed", _("Échouée")


@personal_data(subject="actor", processing="EXT-01", retention=Keep(years=5, since="at", then=After.REVIEW))
class Extraction(models.Model):
    """Rows began to leave: who asked, from where, for which of them. How it ended is ExtractionEnd.

    Two tables instead of a state: neither is ever updated, so the database refuses every UPDATE and DELETE.
    """

    at = models.DateTimeField(_("date"), db_default=Now(), editable=False)
    # No constraint: the register outlives everything, and nothing may reach back into it.
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.DO_NOTHING, verbose_name=_("par"), null=True, db_constraint=False,
        related_name="+",
    )  # fmt: skip
    actor_name = models.CharField(_("nom de l’auteur"), max_length=160, blank=True)
    screen = models.CharField(_("écran"), max_length=200, help_text="crm-company-export")
    address = models.GenericIPAddressField(_("adresse IP"), null=True)
    way = models.CharField(_("nature"), max_length=6, choices=Way)
    resource = models.CharField(_("liste"), max_length=80, help_text="crm.company")
    scope = models.CharField(_("portée"), max_length=4, help_text="own, team, all")
    words = models.TextField(_("recherche et filtres"), blank=True)
    params = models.JSONField(_("paramètres"), default=dict)
    columns: ArrayField = ArrayField(models.CharField(max_length=63), verbose_name=_("colonnes"))
    format = models.CharField(_("format"), max_length=8, help_text="csv, xlsx, html, json")
    selected = models.PositiveIntegerField(_("fiches choisies"), null=True, help_text=_("vide : toute la liste"))

    migration_operations: ClassVar = (AppendOnly,)

    class Meta:
        verbose_name = _("extraction")
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(way__in=Way.values), name="extraction_way_known"),
            models.CheckConstraint(condition=Q(scope__in=["own", "team", "all"]), name="extraction_scope_known"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["actor", "id"], name="extraction_by_actor"),
            models.Index(fields=["resource", "id"], name="extraction_of_list"),
        ]

    class Privacy:
        actor = PD(category="log", basis="legal", origin="observed", erase=KeepUntil(_PROOF, years=5, since="at"))
        actor_name = PD(category="log", basis="legal", origin="observed", erase=KeepUntil(_PROOF, years=5, since="at"))
        address = PD(category="log", basis="legal", origin="observed", erase=KeepUntil(_PROOF, years=5, since="at"))
        # Somebody may have searched for a person: what was taken out is proved by it.
        words = PD(category="log", basis="legal", origin="observed", third_party=True,
                   erase=KeepUntil(_PROOF, years=5, since="at"))  # fmt: skip
        params = PD(category="log", basis="legal", origin="observed", third_party=True,
                    erase=KeepUntil(_PROOF, years=5, since="at"))  # fmt: skip
        columns = NotPersonal("des noms de champs")

    def __str__(self) -> str:
        return f"{self.resource} {self.pk}"


@no_personal_data("des nombres et une empreinte")
class ExtractionEnd(models.Model):
    """How an extraction ended, written once. One without it is going on, or its process died."""

    extraction = models.OneToOneField(Extraction, models.PROTECT, primary_key=True, related_name="end")
    at = models.DateTimeField(_("date"), db_default=Now(), editable=False)
    outcome = models.CharField(_("issue"), max_length=11, choices=Outcome)
    rows = models.PositiveIntegerField(_("lignes sorties"))
    size = models.PositiveBigIntegerField(_("octets sortis"))
    sha256 = models.CharField(_("empreinte SHA-256"), max_length=64, blank=True, help_text=_("de ce qui est sorti"))

    migration_operations: ClassVar = (AppendOnly,)

    class Meta:
        verbose_name = _("fin d’extraction")
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(outcome__in=Outcome.values), name="extraction_outcome_known"),
            models.CheckConstraint(
                condition=Q(sha256__regex=r"^[0-9a-f]{64}$") | (Q(sha256="", size=0) & ~Q(outcome=Outcome.COMPLETE)),
                name="extraction_has_its_digest",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.extraction_id} {self.outcome}"


def export_path(kept: "ExportFile", filename: str) -> str:
    """A random name: what the file holds is not told by the disk."""
    return f"exports/{uuid.uuid4().hex}.{kept.extraction.format}"


@personal_data(subject="owner", processing="EXT-01", retention=Keep(years=1 / 365, since="made_at", then=After.DELETE))
class ExportFile(models.Model):
    """The file of an extraction that was made in the background: for who asked, for a day (core.exporting.files)."""

    extraction = models.OneToOneField(Extraction, models.PROTECT, primary_key=True, related_name="kept")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, verbose_name=_("demandé par"), related_name="+")
    file = models.FileField(_("contenu"), upload_to=export_path, max_length=120)
    filename = models.CharField(_("nom"), max_length=120)
    made_at = models.DateTimeField(_("prêt le"), db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("fichier exporté")
        indexes: ClassVar = [models.Index(fields=["made_at"], name="export_file_since")]

    class Privacy:
        owner = PD(category="log", basis="legal", origin="observed", erase=DeleteRow())
        file = PD(category="file", origin="derived", third_party=True, erase=DeleteRow())
        filename = NotPersonal("le nom d'une liste et une date")

    def __str__(self) -> str:
        return self.filename
