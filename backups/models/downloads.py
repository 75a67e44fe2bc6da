"""Backups that left as an archive that the client opens: who asked, what it holds, each time it was fetched.

In public, as the catalogue: a restore of the client must not take the traces of what left with it.
"""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from backups.models.catalogue import Backup
from core.operations import AppendOnly
from core.personal_data import NotPersonal, no_personal_data

FETCHES = 5  # times that an archive is handed over


@no_personal_data("des numéros, des dates et une empreinte ; l’archive elle-même est détruite au bout d’un jour")
class Download(models.Model):
    """An archive that was made. It is a file of the client's folder until `removed_at`."""

    backup = models.ForeignKey(Backup, models.DO_NOTHING, verbose_name=_("sauvegarde"))
    client_id = models.BigIntegerField(_("identifiant du client"))
    client_code = models.CharField(_("client"), max_length=40)
    asked_by = models.BigIntegerField(_("demandée par"), help_text=_("numéro du compte dans l’instance"))
    made_at = models.DateTimeField(_("prête le"), db_default=Now(), editable=False)
    removed_at = models.DateTimeField(_("détruite le"), null=True)
    file = models.CharField(_("fichier"), max_length=60, unique=True)
    size = models.BigIntegerField(_("octets"))
    sha256 = models.CharField(_("empreinte SHA-256"), max_length=64)
    rows = models.BigIntegerField(_("lignes"))
    files = models.IntegerField(_("fichiers joints"))
    lists: ArrayField = ArrayField(models.CharField(max_length=80), verbose_name=_("listes"))
    silent: ArrayField = ArrayField(models.CharField(max_length=160), verbose_name=_("champs tus"), default=list)

    class Meta:
        verbose_name = _("téléchargement de sauvegarde")
        verbose_name_plural = _("téléchargements de sauvegardes")
        ordering = ["-pk"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(size__gt=0, rows__gte=0, files__gte=0, sha256__regex=r"^[0-9a-f]{64}$")
                & ~Q(file="")
                & ~Q(lists=[]),
                name="backup_download_is_complete",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["client_id", "-id"], name="backup_download_of")]

    class Privacy:
        lists = NotPersonal("des noms de listes")
        silent = NotPersonal("des noms de champs")
        file = NotPersonal("un nom tiré au hasard")

    def __str__(self) -> str:
        return f"{self.client_code} : {self.backup}"


@no_personal_data("un numéro de compte et une date ; le nom et l’adresse sont au registre des extractions du client")
class DownloadFetch(models.Model):
    """An archive was handed over. The database knows how often at most, and forgets none."""

    download = models.ForeignKey(Download, models.DO_NOTHING, verbose_name=_("téléchargement"), related_name="fetches")
    number = models.SmallIntegerField(_("fois"))
    at = models.DateTimeField(_("date"), db_default=Now(), editable=False)
    person = models.BigIntegerField(_("par"), help_text=_("numéro du compte dans l’instance"))

    migration_operations: ClassVar = (AppendOnly,)

    class Meta:
        verbose_name = _("remise d’une archive")
        ordering = ["pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["download", "number"], name="backup_fetch_counted_once"),
            models.CheckConstraint(condition=Q(number__gte=1, number__lte=FETCHES), name="backup_fetch_bounded"),
        ]

    def __str__(self) -> str:
        return f"{self.download_id} {self.number}"
