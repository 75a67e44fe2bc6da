"""Where the code runs: the client whose schema is active, and the one that a request came to.

django-tenants puts both on objects that Django types; they are named here once.
"""

from typing import Any

from django.db import connection
from django.http import HttpRequest


def active_schema() -> str:
    """Of the active client; `public` outside of any."""
    schema: str = connection.schema_name  # type: ignore[attr-defined]  # of django-tenants' connection
    return schema


def active_tenant() -> Any:
    """The active client's row as it was when it became active; a stand-in where only its schema was named (tasks)."""
    return connection.tenant  # type: ignore[attr-defined]  # of django-tenants' connection


def client_of(request: HttpRequest) -> Any:
    """The client of the host, as the middleware keeps it; None on the vendor's own hosts."""
    return request.client  # type: ignore[attr-defined]  # set by tenants.middleware
