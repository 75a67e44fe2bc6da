"""What happens to a connection between two borrowers of the pool."""

import psycopg


def reset(connection: psycopg.Connection) -> None:
    """Forget everything that the last borrower set: client (search_path), author of changes, time limits.

    The database's own search_path is empty, so that a forgotten SET finds no table at all.
    """
    connection.autocommit = True
    connection.execute("RESET ALL")
    connection.autocommit = False
