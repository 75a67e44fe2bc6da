"""The active client's definitions, kept in each process and checked once a request against a version in Redis.

No query in the steady state: the version is one key of the cache, which every change replaces when it is committed, so
that other processes follow at once. What is kept lies under the client's schema.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.core.cache import cache
from django.core.exceptions import FieldDoesNotExist
from django.db import DEFAULT_DB_ALIAS, connection, connections, models, transaction
from django.http import HttpRequest, HttpResponse
from redis.exceptions import RedisError

from core.accounts.access import Level
from core.custom.column import is_key
from core.custom.fields import KINDS, Virtual
from core.place import active_schema

if TYPE_CHECKING:
    from core.accounts.models import User
    from core.resource import Resource

VERSION = "custom-fields"
_KEPT = 500  # clients
_log = logging.getLogger(__name__)


class Definitions:
    """Every definition of one client, archived and erased ones included: the history names them."""

    def __init__(self, rows: Iterable[Any]) -> None:
        self.fields: dict[str, dict[str, Virtual]] = {}
        for row in rows:
            try:
                model = apps.get_model(row.resource)
            except (LookupError, ValueError):  # a module that is no longer installed
                continue
            self.fields.setdefault(row.resource, {})[row.key] = KINDS[row.kind].of(row, model)
        self.live = {
            label: [field for field in fields.values() if field.definition.is_live]
            for label, fields in self.fields.items()
        }
        self.reserved = {
            label: {key: field.definition.reserved_for for key, field in fields.items() if key.startswith("r")}
            for label, fields in self.fields.items()
        }


_NONE = Definitions(())
_kept: dict[str, tuple[str, Definitions]] = {}
_asked: ContextVar[dict[str, Definitions] | None] = ContextVar("custom_fields", default=None)
_told: ContextVar[dict[str, str] | None] = ContextVar("custom_fields_version", default=None)


def definitions() -> Definitions:
    """Those of the active client; none in the vendor's own schema."""
    here: Any = connections[DEFAULT_DB_ALIAS]  # looked up once: this is asked a hundred times for a list
    schema, asked = here.schema_name, _asked.get()
    if asked is not None and schema in asked:
        return asked[schema]
    if getattr(here, "tenant", None) is None or schema == "public":
        return _NONE
    found = _current(schema)
    if asked is not None:
        asked[schema] = found
    return found


def _current(schema: str) -> Definitions:
    heard = _told.get()
    try:
        version = (heard.pop(schema, None) if heard else None) or cache.get(VERSION)
        if version is None:
            cache.add(VERSION, uuid.uuid4().hex, timeout=None)
            version = cache.get(VERSION)
    except RedisError:
        _log.warning("custom fields: the cache does not answer, read from the database")
        return _read()
    if _dirty():
        return _read()
    known = _kept.get(schema)
    if known is None or known[0] != version:
        if len(_kept) >= _KEPT:
            _kept.clear()
        known = _kept[schema] = (version, _read())
    return known[1]


def _read() -> Definitions:
    from core.models.custom import CustomField

    return Definitions(CustomField.objects.order_by("position", "pk"))


def told(version: str | None) -> None:
    """The version that the cache has just given for the active client, with something else (see accounts.sessions)."""
    kept = _told.get()
    if kept is not None and version is not None:
        kept[active_schema()] = version


def changed() -> None:
    """Called by every action on definitions: this request reads them again, and all others once it is committed."""
    schema = active_schema()
    _kept.pop(schema, None)
    for kept in (_asked.get(), _told.get()):
        if kept is not None:
            kept.pop(schema, None)
    transaction.on_commit(partial(_committed, schema))


def _committed(schema: str) -> None:
    _kept.pop(schema, None)
    cache.set(VERSION, uuid.uuid4().hex, timeout=None)


def _dirty() -> bool:
    """Whether the open transaction changed definitions: others must not see them yet, and it may take them back."""
    # What waits for the commit says so; Django drops it with the transaction, or the savepoint, that is rolled back.
    return any(getattr(waiting[1], "func", None) is _committed for waiting in connection.run_on_commit)


@contextmanager
def definitions_kept() -> Iterator[None]:
    """Within: each client's definitions are looked for once. For tasks that ask them for each row."""
    asked, told = _asked.set({}), _told.set({})
    try:
        yield
    finally:
        _told.reset(told)
        _asked.reset(asked)


class KeepDefinitions:
    """Middleware: a request asks at most once whether the definitions changed, and only if it needs them."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with definitions_kept():
            return self.get_response(request)


# --- what everything generic asks ---------------------------------------------------------------------------------
def fields_of(model: type[models.Model]) -> list[Virtual]:
    """The live custom fields of a model, in their order."""
    return definitions().live.get(model._meta.label_lower, [])


def field_of(model: type[models.Model], name: str) -> Any:
    """A field by name, the model's own or a custom one (archived and erased ones too). Raises FieldDoesNotExist."""
    if not is_key(name):
        return model._meta.get_field(name)
    found = definitions().fields.get(model._meta.label_lower, {}).get(name)
    if found is None:
        raise FieldDoesNotExist(f"{model._meta.label} has no custom field {name!r}")
    return found


def field_of_column(model: type[models.Model], column: str) -> Any:
    """The field that the history names so, or None."""
    if is_key(column):
        return definitions().fields.get(model._meta.label_lower, {}).get(column)
    return next((field for field in model._meta.concrete_fields if field.column == column), None)


def value_of(row: models.Model, name: str) -> Any:
    """A row's value of a custom field. Raises AttributeError when its model has none of that key."""
    found = definitions().fields.get(row._meta.label_lower, {}).get(name)
    if found is None:
        raise AttributeError(f"{row._meta.label} has no custom field {name!r}")
    return found.of_row(row)


def hidden_from(resource: type[Resource], user: User) -> frozenset[str]:
    """The reserved fields that this person may neither see nor change."""
    reserved = definitions().reserved.get(resource.key())
    if not reserved:
        return frozenset()
    return frozenset(key for key, whom in reserved.items() if not _reaches(resource, user, whom))


def _reaches(resource: type[Resource], user: User, whom: str) -> bool:
    return user.may(resource.module, Level.MANAGE) if whom == "manage" else user.holds(whom)
