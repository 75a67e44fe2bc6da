"""Content types, cached apart for each schema."""

from typing import Any

from django.contrib.contenttypes.models import ContentType

from tenants.connection import connection


class SchemaCache:
    """The part of a dict that ContentTypeManager uses, holding one dict a schema.

    Django's own cache is one dict a process: ids of one client would be used in another. django-tenants empties it
    at each change of client instead, which costs queries, and a thread can fill it in between.
    """

    def __init__(self) -> None:
        self._schemas: dict[str, dict[Any, Any]] = {}

    def _own(self) -> dict[Any, Any]:
        return self._schemas.setdefault(connection.schema_name, {})

    def __getitem__(self, using: str) -> dict[Any, Any]:
        return self._own()[using]

    def setdefault(self, using: str, default: dict[Any, Any]) -> dict[Any, Any]:
        return self._own().setdefault(using, default)

    def get(self, using: str, default: Any = None) -> Any:
        return self._own().get(using, default)

    def clear(self) -> None:
        """Called by set_tenant at every request: nothing of one schema is ever seen in another, so keep it."""

    def forget(self, schema: str) -> None:
        """Drop what is known of one schema (its client was deleted, restored or migrated)."""
        self._schemas.pop(schema, None)


def cache_by_schema() -> None:
    """Put a SchemaCache in the place of Django's process-wide cache."""
    ContentType.objects._cache = SchemaCache()  # type: ignore[attr-defined]


def forget(schema: str) -> None:
    """See SchemaCache.forget."""
    ContentType.objects._cache.forget(schema)  # type: ignore[attr-defined]
