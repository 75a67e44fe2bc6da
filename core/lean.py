"""What a list reads of its rows: not the long texts that it does not show, nor more of people than their names."""

from collections.abc import Collection

from django.db import models
from django.db.models import QuerySet

from core.accounts.models import User
from core.custom.column import CustomColumn, is_key

_NO_NAME = ("password", "last_login", "is_active", "is_staff", "created_at")  # of a person


def lean(rows: QuerySet, shown: Collection[str]) -> QuerySet:
    """The rows with the related rows that `shown` names. A title must not come from a TextField that is not shown."""
    keys, long = [], []
    for field in rows.model._meta.concrete_fields:
        if isinstance(field, models.ForeignKey) and field.name in shown:
            keys.append(field)
        elif isinstance(field, CustomColumn) and any(is_key(name) for name in shown):
            continue
        elif isinstance(field, models.TextField | models.JSONField) and field.name not in shown:
            long.append(field.name)
    unread = [f"{key.name}__{name}" for key in keys if key.related_model is User for name in _NO_NAME]
    return rows.select_related(*(key.name for key in keys)).defer(*long, *unread)
