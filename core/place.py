"""Where the code runs: the client whose schema is active, the one that a request came to, the server behind the cache.

They hang on objects that Django types without them; they are named here once. (`tenants.connection` is the same for
what lies below: core and tenants do not know each other.)
"""

from typing import Any

from django.core.cache import cache
from django.db import connection
from django.http import HttpRequest


def active_schema() -> str:
    """Of the active client; `public` outside of any."""
    schema: str = connection.schema_name  # type: ignore[attr-defined]  # of django-tenants' connection
    return schema


def active_tenant() -> Any:
    """The active client's row as it was when it became active; a stand-in where only its schema was named (tasks)."""
    return connection.tenant  # type: ignore[attr-defined]  # of django-tenants' connection


def redis(*, write: bool = True) -> Any:
    """The client of the server behind the cache, for what Django's cache has no word for."""
    return cache._cache.get_client(write=write)  # type: ignore[attr-defined]  # Django shows it nowhere else


def client_of(request: HttpRequest) -> Any:
    """The client of the host, as the middleware keeps it; None on the vendor's own hosts."""
    return request.client  # type: ignore[attr-defined]  # set by tenants.middleware
