"""Files that were sent to be imported, and what became of them."""

import uuid
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from core.personal_data import PD, After, DeleteRow, Keep, NotPersonal, Null, Review, personal_data


class ImportState(models.TextChoices):
    """mapping → checking → ready → running → done → undoing → undone; a file that cannot be read ends as failed.

    A known layout has nothing to map. What is interrupted goes back: running to ready, undoing to done.
    """

    MAPPING = "mapping", _("Colonnes à vérifier")
    CHECKING = "checking", _("Vérification")
    READY = "ready", _("À valider")
    RUNNING = "running", _("Import en cours")
    DONE = "done", _("Importé")
    UNDOING = "undoing", _("Annulation en cours")
    UNDONE = "undone", _("Annulé")
    FAILED = "failed", _("Échoué")


AT_WORK = (ImportState.CHECKING, ImportState.RUNNING, ImportState.UNDOING)


def import_path(batch: "ImportBatch", filename: str) -> str:
    """A random name: what people call their files never reaches the disk."""
    return f"imports/{uuid.uuid4().hex}"


# The file and what is quoted of it speak of many people, by lines: the rows themselves are theirs, this is a passage.
@personal_data(subject="actor", processing="IMP-01", retention=Keep(years=1, since="sent_at", then=After.DELETE))
class ImportBatch(models.Model):
    """One file for one model. Its rows are those of the history whose operation is "import:<id>"."""

    resource = models.CharField(_("liste"), max_length=80, help_text=_("crm.company"))
    state = models.CharField(_("état"), max_length=8, choices=ImportState, default=ImportState.CHECKING)
    filename = models.CharField(_("fichier"), max_length=200)
    format_label = models.CharField(_("format"), max_length=120, blank=True)
    file = models.FileField(_("contenu"), upload_to=import_path, max_length=120)
    refused_file = models.FileField(_("lignes refusées"), upload_to=import_path, max_length=120, blank=True)
    report_file = models.FileField(_("compte rendu"), upload_to=import_path, max_length=120, blank=True)
    layout = models.JSONField(_("forme du fichier"), default=dict, blank=True)  # core.importing.reading.Layout
    preview = models.JSONField(_("aperçu des colonnes"), default=dict, blank=True)  # core.importing.preview
    plan = models.JSONField(
        _("correspondance"), default=dict, blank=True
    )  # core.importing.plan.Plan; {}: a known layout
    size = models.PositiveBigIntegerField(_("taille en octets"))
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, verbose_name=_("par"), null=True, blank=True, related_name="+"
    )
    job = models.ForeignKey("core.Job", models.SET_NULL, verbose_name=_("travail"), null=True, related_name="+")
    request_ref = models.CharField(
        _("demande écrite"),
        max_length=120,
        blank=True,
        help_text=_("R01 : celle du client, quand le fournisseur importe"),
    )
    created = models.PositiveIntegerField(_("créées"), default=0)
    updated = models.PositiveIntegerField(_("mises à jour"), default=0)
    skipped = models.PositiveIntegerField(_("inchangées"), default=0)
    refused = models.PositiveIntegerField(_("refusées"), default=0)
    refused_mark = models.CharField(max_length=32, blank=True, editable=False)  # see core.importing.report
    lines = models.JSONField(_("lignes à regarder"), default=list)
    warnings: ArrayField = ArrayField(models.TextField(), verbose_name=_("remarques"), default=list)
    notices: ArrayField = ArrayField(models.TextField(), verbose_name=_("incidents"), default=list)
    error = models.TextField(_("erreur"), blank=True)
    sent_at = models.DateTimeField(_("envoyé le"), db_default=Now(), editable=False)
    done_at = models.DateTimeField(_("importé le"), null=True, editable=False)

    class Meta:
        verbose_name = _("import")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=models.Q(state__in=ImportState.values), name="import_state_known"),
        ]
        indexes: ClassVar = [models.Index(fields=["resource", "-id"], name="import_by_resource")]

    class Privacy:
        filename = PD(category="free text", erase=Review())
        file = PD(category="file", third_party=True, erase=Review())
        refused_file = PD(category="file", third_party=True, erase=Review())
        report_file = PD(category="file", third_party=True, erase=Review())
        preview = PD(category="file", third_party=True, erase=Review())
        actor = PD(category="log", origin="observed", erase=Null())
        lines = PD(category="file", third_party=True, erase=Review())
        warnings = PD(category="file", third_party=True, erase=Review())
        notices = PD(category="file", third_party=True, erase=Review())
        layout = NotPersonal("l'encodage, le séparateur et la ligne de titres")
        plan = NotPersonal("des titres de colonnes et ce qu'ils remplissent")
        error = NotPersonal("la raison technique d'un fichier illisible")

    def __str__(self) -> str:
        return self.filename

    @property
    def operation(self) -> str:
        """What the history calls the changes of this import."""
        return f"import:{self.pk}"

    @property
    def total(self) -> int:
        """Lines of the file under its header."""
        return self.created + self.updated + self.skipped + self.refused

    def take(self, report: Any) -> None:
        """Copy a core.importing.report.Report; the caller saves."""
        for outcome, count in report.counts.items():
            setattr(self, outcome, count)
        self.lines, self.warnings, self.refused_mark = report.lines, report.warnings, report.mark


@personal_data(subject="owner", processing="IMP-01")
class ImportMapping(models.Model):
    """What somebody decided about files with these titles: proposed, or taken as it is, for the next one.

    `shared`: also for colleagues who have none of their own.
    """

    resource = models.CharField(_("liste"), max_length=80)
    fingerprint = models.CharField(_("empreinte des titres"), max_length=32)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, verbose_name=_("par"), related_name="+")
    shared = models.BooleanField(_("partagée"), default=False)
    plan = models.JSONField(_("correspondance"), default=dict)
    updated_at = models.DateTimeField(_("modifiée le"), auto_now=True)

    class Meta:
        verbose_name = _("correspondance de colonnes")
        verbose_name_plural = _("correspondances de colonnes")
        constraints = [
            models.UniqueConstraint(fields=["resource", "fingerprint", "owner"], name="import_mapping_unique"),
        ]

    class Privacy:
        plan = NotPersonal("des titres de colonnes et ce qu'ils remplissent")
        owner = PD(category="work", origin="staff", erase=DeleteRow())

    def __str__(self) -> str:
        return f"{self.resource} {self.fingerprint}"
