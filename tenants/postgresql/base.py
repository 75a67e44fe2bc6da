"""Database backend: one SET search_path a request instead of one a query, and none that is trusted blindly."""

import re
from functools import lru_cache

from django_tenants.postgresql_backend.base import DatabaseWrapper as TenantsDatabaseWrapper
from django_tenants.utils import quote_schema_name

_PLAIN = re.compile(r"[a-z_][a-z0-9_]*")


@lru_cache(maxsize=4096)
def _as_reported(paths: tuple[str, ...]) -> str:
    """The search_path as PostgreSQL writes it back: quotes only where a name needs them."""
    return ", ".join(path if _PLAIN.fullmatch(path) else quote_schema_name(path) for path in paths)


class DatabaseWrapper(TenantsDatabaseWrapper):
    """django-tenants' wrapper, asking the connection itself which path is in force.

    PostgreSQL 18 reports each change of search_path to its clients, ROLLBACK and RESET included: what libpq last
    heard is the truth. Older servers report nothing, so the path is sent each time.
    """

    schema_name: str

    def _handle_search_path(self, cursor=None):
        if self._setting_search_path:
            return
        if self.connection is not None:
            reported = self.connection.info.parameter_status("search_path")
            if reported is not None and reported == _as_reported(tuple(self._get_cursor_search_paths())):
                return
        self.search_path_set_schemas = None
        super()._handle_search_path(cursor)
