"""Every line of a log says whose it is."""

import logging

from tenants.connection import connection


class ClientFilter(logging.Filter):
    """Adds `client` (the schema's name, "-" on the vendor's side) to a record."""

    def filter(self, record: logging.LogRecord) -> bool:
        schema = getattr(connection, "schema_name", None)
        record.client = "-" if schema in (None, "public") else schema
        return True


class RefusalFilter(logging.Filter):
    """Takes the traceback off what is only refused (403, 404, a closed instance's 503), and its rank of error."""

    def filter(self, record: logging.LogRecord) -> bool:
        status = getattr(record, "status_code", 500)
        if status < 500 or (status == 503 and record.exc_info is None):
            record.exc_info, record.exc_text = None, None
            record.levelno, record.levelname = logging.INFO, "INFO"
        return True
