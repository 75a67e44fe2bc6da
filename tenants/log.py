"""Every line of a log says whose it is."""

import logging

from tenants.connection import connection


class ClientFilter(logging.Filter):
    """Adds `client` (the schema's name, "-" on the vendor's side) to a record."""

    def filter(self, record: logging.LogRecord) -> bool:
        schema = getattr(connection, "schema_name", None)
        record.client = "-" if schema in (None, "public") else schema
        return True
