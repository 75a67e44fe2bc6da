"""What every domain row has."""

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from core.operations import TrackHistory


class DomainManager(models.Manager):
    """Rows without their search document: it is for the database only, and is larger than the rest."""

    def get_queryset(self):
        rows = super().get_queryset()
        return rows.defer("search") if "search" in {field.name for field in self.model._meta.concrete_fields} else rows


class DomainModel(models.Model):
    """A row that people create and change on screen. Its history is kept by TrackHistory (core.operations)."""

    created_at = models.DateTimeField(_("créé le"), db_default=Now(), editable=False)
    updated_at = models.DateTimeField(_("modifié le"), auto_now=True, editable=False)

    objects = DomainManager()
    migration_operations: ClassVar = (TrackHistory,)  # added by makemigrations when the model is created

    class Meta:
        abstract = True
