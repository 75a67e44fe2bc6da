"""One import at a time into a list: PostgreSQL's locks vanish with the process that held them."""

from django.db import connection

from core.place import active_schema

# The schema is part of the name: advisory locks belong to the whole database.
_KEY = "hashtextextended(%s, 0)"


def _name(what: str) -> str:
    return f"{active_schema()}:import:{what}"


def one_at_a_time(label: str) -> None:
    """Wait until no other import or undo writes this model in this client; held until the transaction ends.

    Two files with the same rows would otherwise wait for each other's locks.
    """
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT pg_advisory_xact_lock({_KEY})", [_name(label)])
