"""Database backend: a borrowed connection is checked, cleaned and given its search_path in one round trip.

After that no SET is sent while the path in force is the right one, and none is trusted blindly.
"""

import re
from functools import lru_cache
from typing import Any

import psycopg
from django.db.backends.postgresql.base import ServerBindingCursor
from django.db.backends.postgresql.operations import DatabaseOperations
from django_tenants.postgresql_backend.base import DatabaseWrapper as TenantsDatabaseWrapper
from django_tenants.utils import quote_schema_name
from psycopg import sql

_PLAIN = re.compile(r"[a-z_][a-z0-9_]*")


@lru_cache(maxsize=4096)
def _as_reported(paths: tuple[str, ...]) -> str:
    """The search_path as PostgreSQL writes it back: quotes only where a name needs them."""
    return ", ".join(path if _PLAIN.fullmatch(path) else quote_schema_name(path) for path in paths)


class PreparedCursor(ServerBindingCursor):
    """A server-side binding cursor whose statements are prepared once they were sent often enough.

    Only while it sends: psycopg remembers the text of what a connection counts, and the ORM's own statements hold
    their values (an INSERT of a thousand rows is megabytes, and somebody's data).
    """

    times: int | None = 3  # None: never
    connection: psycopg.Connection

    def execute(self, *args: Any, **kwargs: Any) -> Any:
        connection = self.connection
        connection.prepare_threshold = self.times
        try:
            return super().execute(*args, **kwargs)  # type: ignore[misc]
        finally:
            connection.prepare_threshold = None


class _Operations(DatabaseOperations):
    def last_executed_query(self, cursor: Any, sql: Any, params: Any) -> str:
        """For logs of queries: what a prepared statement was sent is two things, which are shown as one."""
        if isinstance(cursor, ServerBindingCursor):
            return self.compose_sql(sql, params)
        return super().last_executed_query(cursor, sql, params)


class DatabaseWrapper(TenantsDatabaseWrapper):
    """django-tenants' wrapper, asking the connection itself which path is in force.

    PostgreSQL 18 reports each change of search_path to its clients, ROLLBACK and RESET included: what libpq last
    heard is the truth. Older servers report nothing, so the path is sent each time.
    """

    ops_class = _Operations
    schema_name: str
    timezone_name: str

    def get_new_connection(self, conn_params: dict[str, Any]) -> psycopg.Connection:
        """A connection that works and remembers nothing of its last borrower.

        Raises OperationalError when the server answers on none: of a pool, each that is dead is thrown away first.
        """
        attempts = self.pool.max_size + 1 if self.pool else 1
        while True:
            connection = super().get_new_connection(conn_params)
            attempts -= 1
            try:
                self._cleaned(connection)
            except psycopg.OperationalError:
                if self.pool:
                    self.pool.putconn(connection)
                if not attempts:
                    raise
            else:
                return connection

    def _cleaned(self, connection: psycopg.Connection) -> None:
        """Forget everything that was set (client, author of changes, time limits), then take this client's path.

        The database's own search_path is empty, so that a forgotten SET finds no table at all.
        """
        connection.autocommit = True  # one statement of several parts needs no transaction of its own
        path = ""
        if self.schema_name:
            path = f"; SET search_path = {', '.join(map(quote_schema_name, self._get_cursor_search_paths()))}"
        zone = sql.quote(self.timezone_name)
        connection.execute(f"RESET ALL; SET TIME ZONE {zone}{path}")

    def prepared(self, *, by_value: bool = False) -> Any:
        """A cursor whose statements this connection prepares once it has seen them often enough.

        Values go apart from the statement: PostgreSQL must be able to tell their types from it. `by_value`: never
        prepared, since the best plan depends on the values.
        """
        self.ensure_connection()
        with self.wrap_database_errors:
            sending = PreparedCursor(self.connection)  # type: ignore[call-arg]
            sending.times = None if by_value else PreparedCursor.times
            cursor = self._prepare_cursor(sending)
            self._handle_search_path(cursor)
            return cursor

    def _handle_search_path(self, cursor=None):
        if self._setting_search_path:
            return
        if self.connection is not None:
            reported = self.connection.info.parameter_status("search_path")
            if reported is not None and reported == _as_reported(tuple(self._get_cursor_search_paths())):
                return
        self.search_path_set_schemas = None
        super()._handle_search_path(cursor)
