"""PostgreSQL 18: initdb once, settings as command-line options so that nothing is edited in place."""

import os
import signal
import subprocess
from pathlib import Path

from config.embedded.places import DATABASE, ROLE, pg_bin, pg_install
from config.embedded.server import Site, clean_environment

SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    # One client is some 900 relations; a migration or a deletion locks them all in one transaction.
    "max_locks_per_transaction": "1024",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "effective_cache_size": "1GB",
    "random_page_cost": "1.1",
    "max_wal_size": "2GB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %d ",
    "log_checkpoints": "off",
}
# A test's data is made again at each run: a crash may lose it. It is small, and a schema that is dropped looks through
# the whole of the buffers.
THROWAWAY = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "shared_buffers": "256MB",
}


def shared_buffers() -> str:
    """A quarter of the machine's memory, at most the 1 GB of docker-compose.yml; taken only as data fills it."""
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return f"{min(memory // 4 >> 20, 1024)}MB"


# The application is no superuser, here as in production. CREATEDB is for the tests.
# An empty search_path makes a query without its client's SET fail; on the role too, for the databases that tests make.
FIRST_STEPS = f"""
SELECT 'CREATE ROLE {ROLE} LOGIN CREATEDB' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{ROLE}') \\gexec
SELECT 'CREATE DATABASE {DATABASE} OWNER {ROLE}'
 WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = '{DATABASE}') \\gexec
ALTER DATABASE {DATABASE} SET search_path = '';
ALTER ROLE {ROLE} SET search_path = '';
"""  # noqa: S608 (constants of ours)


class Postgres:
    """A server of one data folder; `durable=False` trades safety after a crash for speed."""

    name = "postgres"
    stop_signal = signal.SIGINT  # "fast": sessions are ended, data is written
    kill_signal = signal.SIGQUIT  # "immediate": recovery at the next start

    def __init__(self, site: Site, *, durable: bool) -> None:
        self.site = site
        self.settings = SETTINGS | ({"shared_buffers": shared_buffers()} if durable else THROWAWAY)
        self.base = site.folder("postgres")
        self.cluster = self.base / "18"

    def prepare(self) -> None:
        """Create the cluster if there is none. A half-made one is never mistaken for a cluster: rename comes last."""
        if self._exists(self.cluster):
            return
        half = self.base / "18.new"
        self.site.run("rm", "-rf", half)
        self.site.run(
            self._program("initdb"),
            *("--pgdata", half, "--username=postgres", "--auth=trust", "--encoding=UTF8", "--no-locale"),
            *("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--no-instructions", "--no-sync"),
        )
        self.site.run("mv", half, self.cluster)

    def command(self) -> list[str]:
        options = [f"--{key}={value}" for key, value in self.settings.items()]
        sockets = f'--unix_socket_directories="{self.site.sockets}"'
        return [str(self._program("postgres")), "-D", str(self.cluster), *options, sockets]

    def ready(self) -> bool:
        return self._ask("pg_isready", "-q", "-t", "2").returncode == 0

    def first_steps(self) -> None:
        """Role, database and their search_path; changes nothing the second time. Raises CalledProcessError."""
        done = self.cluster.parent / "first-steps"
        if done.exists() and done.read_text() == FIRST_STEPS:
            return
        answer = self._ask("psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", "postgres", text=FIRST_STEPS)
        answer.check_returncode()
        done.write_text(FIRST_STEPS)

    def stale_pid(self) -> int | None:
        """The server left by a keeper that was killed, from its own pid file."""
        try:
            return int((self.cluster / "postmaster.pid").read_text().split("\n", 1)[0])
        except (OSError, ValueError):
            return None

    def _program(self, name: str) -> Path:
        return self.site.program(pg_install(), f"bin/{name}")

    @staticmethod
    def _exists(cluster: Path) -> bool:
        return (cluster / "PG_VERSION").exists()

    def _ask(self, program: str, *options: str, text: str = "") -> subprocess.CompletedProcess[str]:
        # Clients run as ourselves: unlike the server, they accept root.
        command = [str(pg_bin() / program), "-h", str(self.site.sockets), "-U", "postgres", *options]
        return subprocess.run(command, input=text, text=True, stdout=2, env=clean_environment(), check=False)
