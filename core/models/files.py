"""Files on any record. What they contain lies in the client's storage under a random name."""

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from core.personal_data import PD, DeleteRow, Null, Review, personal_data


def file_path(attachment: "Attachment", filename: str) -> str:
    """Random, without extension: what people call their files never reaches the disk, nor decides how it is read."""
    return f"files/{uuid.uuid4().hex}"


def thumbnail_path(attachment: "Attachment", filename: str) -> str:
    return f"files/{uuid.uuid4().hex}.thumb"


@personal_data(subject="row", processing="CORE-02")
class Attachment(models.Model):
    """A file on a record. Deleted, it stays on disk for a while: last night's backup may need it (core.attachments)."""

    model = models.CharField(_("modèle"), max_length=80)
    object_id = models.BigIntegerField(_("fiche"))
    name = models.CharField(_("nom"), max_length=160)
    kind = models.CharField(_("nature"), max_length=10, help_text=_("un nom de core.attachments.kinds.KINDS"))
    size = models.PositiveBigIntegerField(_("taille en octets"))
    sha256 = models.CharField(_("empreinte"), max_length=64)
    file = models.FileField(_("contenu"), upload_to=file_path, max_length=120)
    thumbnail = models.FileField(_("vignette"), upload_to=thumbnail_path, max_length=120, blank=True)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, verbose_name=_("ajouté par"), null=True, related_name="+"
    )
    created_at = models.DateTimeField(_("ajouté le"), db_default=Now(), editable=False)
    deleted_at = models.DateTimeField(_("supprimé le"), null=True, editable=False)

    class Privacy:
        name = PD(category="texte libre", third_party=True, erase=Review())
        file = PD(category="document", third_party=True, erase=DeleteRow())
        thumbnail = PD(category="document", origin="derived", third_party=True, erase=DeleteRow())
        author = PD(category="identité", erase=Null())

    class Meta:
        verbose_name = _("fichier")
        verbose_name_plural = _("fichiers")
        indexes: ClassVar = [
            models.Index(
                fields=["model", "object_id", "-id"], condition=models.Q(deleted_at=None), name="file_of_record"
            ),
            models.Index(fields=["deleted_at"], condition=~models.Q(deleted_at=None), name="file_to_sweep"),
            models.Index(fields=["file"], name="file_by_path"),
        ]

    def __str__(self) -> str:
        return self.name
