"""Django's connection, typed as ours: `schema_name`, `tenant`, `set_tenant` and the like are known to mypy."""

from typing import TYPE_CHECKING, cast

from django.db import connection as _connection

if TYPE_CHECKING:
    from tenants.postgresql.base import DatabaseWrapper

connection = cast("DatabaseWrapper", _connection)
