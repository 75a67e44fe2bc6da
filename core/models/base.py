"""What every domain row has."""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class DomainQuerySet(models.QuerySet):
    """Rows without their search document: it is for the database only, and is larger than the rest."""

    @classmethod
    def as_lean_manager(cls):
        class Lean(models.Manager.from_queryset(cls)):  # type: ignore[misc]
            def get_queryset(self):
                names = {field.name for field in self.model._meta.concrete_fields}
                rows = super().get_queryset()
                return rows.defer("search") if "search" in names else rows

        return Lean()


class DomainModel(models.Model):
    """A row that people create and change on screen. Its history is kept by TrackHistory (core.operations)."""

    created_at = models.DateTimeField(_("créé le"), db_default=Now(), editable=False)
    updated_at = models.DateTimeField(_("modifié le"), auto_now=True, editable=False)

    objects = DomainQuerySet.as_lean_manager()

    class Meta:
        abstract = True
