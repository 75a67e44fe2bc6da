"""PostgreSQL 18 and Redis without installing them: the servers carried by two Python wheels.

Pure Python, importable without Django. They listen on Unix sockets only. Each process that needs them takes a lease:

    with embedded.servers(data_dir) as urls:
        connect(urls.database)

The first lease starts the servers, the last one to leave stops them; a killed process gives its lease back by dying.
"""

from config.embedded.lease import EmbeddedError, Lease, Urls, servers, take_servers
from config.embedded.places import (
    broker_url,
    data_dir_from_environment,
    database_url,
    pg_bin,
    redis_url,
)

__all__ = [
    "EmbeddedError",
    "Lease",
    "Urls",
    "broker_url",
    "data_dir_from_environment",
    "database_url",
    "pg_bin",
    "redis_url",
    "servers",
    "take_servers",
]
