"""What a list reads of its rows: not the long texts and the dates of the row itself that it does not show, nor more of
related rows than names."""

from collections.abc import Collection
from functools import cache
from typing import Any

from django.db import models
from django.db.models import QuerySet

from core.accounts.models import User
from core.custom.column import CustomColumn, is_key
from core.models.base import OWN_DATES

_LONG = (models.TextField, models.JSONField)
_NO_NAME = ("password", "last_login", "is_active", "is_staff", "created_at")  # of a person


def lean(rows: QuerySet, shown: Collection[str]) -> QuerySet:
    """The rows with the related rows that `shown` names. A title must not come from a TextField that is not shown."""
    keys, unread = [], []
    for field in rows.model._meta.concrete_fields:
        if isinstance(field, models.ForeignKey) and field.name in shown:
            keys.append(field)
        elif isinstance(field, CustomColumn) and any(is_key(name) for name in shown):
            continue
        elif field.name not in shown and (isinstance(field, _LONG) or field.name in OWN_DATES):
            unread.append(field.name)
    unread += [f"{key.name}__{name}" for key in keys for name in _unnamed(key.related_model)]
    return rows.select_related(*(key.name for key in keys)).defer(*unread)


@cache
def _unnamed(model: type[models.Model]) -> tuple[str, ...]:
    """The fields that the name of a row does not need. Of a table without search, which is small: none."""
    if model is User:
        return _NO_NAME
    fields = {field.name: field for field in model._meta.concrete_fields if not field.primary_key}
    if "search" not in fields:
        return ()
    read = {name for filled in (False, True) for name in _read_by_name(model, filled=filled)}
    return tuple(name for name, field in fields.items() if field.attname not in read)


def _read_by_name(model: type[models.Model], *, filled: bool) -> set[str]:
    """The attributes that `__str__` reads of a row that is blank, or filled: it may say another one in its place."""
    read = set()
    row = model.from_db(None, [model._meta.pk.attname], [0])
    known = {field.attname: field for field in model._meta.concrete_fields}

    def give(*, fields: list[str], **kwargs: Any) -> None:
        for name in fields:
            read.add(name)
            field = known[name]
            text = isinstance(field, models.CharField | models.TextField)
            value = 1 if filled and not field.is_relation else None  # a key would be followed
            row.__dict__[field.attname] = value if not text else "x" if filled else ""

    vars(row)["refresh_from_db"] = give  # what Django calls for a field that it has not read
    str(row)
    return read
