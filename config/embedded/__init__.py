"""PostgreSQL 18 and Redis without installing them: the servers carried by two Python wheels.

Pure Python, importable without Django. They listen on Unix sockets only. Each process that needs them takes a lease:

    with embedded.servers(data_dir) as urls:
        connect(urls.dsn)

The first lease starts the servers, the last one to leave stops them; a killed process gives its lease back by dying.
"""

from config.embedded.lease import EmbeddedError, Lease, Urls, release_all, servers, take_servers
from config.embedded.places import (
    broker_url,
    data_dir_from_environment,
    database_url,
    dsn,
    pg_bin,
    redis_url,
    test_data_dir,
)

__all__ = [
    "EmbeddedError",
    "Lease",
    "Urls",
    "broker_url",
    "data_dir_from_environment",
    "database_url",
    "dsn",
    "pg_bin",
    "redis_url",
    "release_all",
    "servers",
    "take_servers",
    "test_data_dir",
]
