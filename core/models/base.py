"""What every domain row has."""

from typing import TYPE_CHECKING, Any, ClassVar

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from core.custom.column import CustomColumn, is_key
from core.operations import TrackHistory
from core.search import for_database

OWN_DATES = ("created_at", "updated_at")  # of a DomainModel


class DomainManager(models.Manager):
    """Rows without what is for the database only: their search document, larger than the rest, and their sort key."""

    def get_queryset(self):
        rows, unread = super().get_queryset(), for_database(self.model)
        return rows.defer(*unread) if unread else rows


class DomainModel(models.Model):
    """A row that people create and change on screen. Its history is kept by TrackHistory (core.operations)."""

    created_at = models.DateTimeField(_("créé le"), db_default=Now(), editable=False)
    updated_at = models.DateTimeField(_("modifié le"), auto_now=True, editable=False)
    custom = CustomColumn(_("champs propres"))  # the values of core.custom: `row.f12` reads one

    objects = DomainManager()
    deadline: ClassVar[str] = ""  # the field that says by when; told as past where the row `is_late`
    # Added by makemigrations when the model is created.
    migration_operations: ClassVar[tuple[Any, ...]] = (TrackHistory,)

    class Meta:
        abstract = True

    @property
    def is_late(self) -> bool:
        return False

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            """The value of a custom field: asked only for what the row does not have."""
            if is_key(name):
                from core.custom.definitions import value_of

                return value_of(self, name)
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
