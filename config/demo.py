"""`make demo`: one foreground process that prepares, starts, watches and stops everything. See README.md."""

import fcntl
import http.client
import io
import os
import secrets
import signal
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

from config import embedded
from config.embedded.files import make_folder, open_lock, try_lock
from config.embedded.places import REPOSITORY
from config.static_files import collect_if_changed
from config.supervisor import Child, stop_all

READY_SECONDS = 60
TICK_SECONDS = 0.2
TRIES_BEFORE_READY = 3


class Refusal(Exception):
    """The demo cannot start; the message says what to do."""


def say(text: str) -> None:
    with suppress(OSError):  # the terminal may be gone, which must not keep us from stopping the others
        print(text, flush=True)


@contextmanager
def step(title: str) -> Iterator[None]:
    """A line when a step begins, its duration at its end."""
    started = time.monotonic()
    print(f"→ {title}…", end=" ", flush=True)
    yield
    say(f"{time.monotonic() - started:.1f} s".replace(".", ","))


def port_from_environment() -> int:
    """PORT, 8000 by default. Raises Refusal."""
    text = os.environ.get("PORT") or "8000"
    if not text.isdigit() or not 0 < int(text) < 65536:
        raise Refusal(f"PORT={text} n’est pas un numéro de port : par exemple « PORT=8001 make demo ».")
    return int(text)


def addresses_to_bind(port: int) -> list[str]:
    """127.0.0.1 and, where it exists, ::1, to which *.localhost may lead. Raises Refusal if either is taken."""
    bound = []
    for family, host in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        with suppress(OSError), socket.socket(family) as probe:
            probe.bind((host, 0))  # fails where the machine has no such address
            bound.append((family, host))
    for family, host in bound:
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except PermissionError as error:
                raise Refusal(f"Le port {port} est réservé à root : essayez « PORT=8001 make demo ».") from error
            except OSError as error:
                raise Refusal(
                    f"Le port {port} est déjà utilisé par un autre programme.\n"
                    f"Arrêtez-le, ou choisissez un autre port : « PORT={another_port(port)} make demo »."
                ) from error
    return [f"[{host}]:{port}" if ":" in host else f"{host}:{port}" for _, host in bound]


def another_port(port: int) -> int:
    """A port to propose: the next free one."""
    for candidate in range(port + 1, min(port + 50, 65535)):
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", candidate))
            return candidate
    return 8001


def free_port() -> int:
    """A port of 127.0.0.1 that nobody uses, for the demo's mail server."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def demo_password(data_dir: Path) -> str:
    """DEMO_PASSWORD, else the one of the first run; kept for the next starts, readable by the owner only."""
    path = data_dir / "demo-password"
    asked = os.environ.get("DEMO_PASSWORD")
    if not asked and path.exists():
        return path.read_text().strip()
    password = asked or secrets.token_urlsafe(12)
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(password + "\n")
    return password


def take_demo_lock(data_dir: Path) -> int:
    """Two demos on one folder would run two beats. Raises Refusal."""
    handle = open_lock(data_dir / "locks" / "demo")
    if not try_lock(handle, fcntl.LOCK_EX):
        raise Refusal(f"Une démonstration tourne déjà sur {data_dir} : arrêtez-la, ou choisissez un autre DATA_DIR.")
    return handle


def prepare(password: str) -> None:
    """Schemas, demo clients and static files; quick when they are there already."""
    os.environ["DEMO_PASSWORD"] = password
    with step("Chargement de l’application"):
        import django

        django.setup()
    from django.core.management import call_command, get_commands
    from django.db import connections

    with step("Migrations de la base"):
        call_command("migrate", verbosity=0, interactive=False)
    if "demo_data" in get_commands():
        with step("Clients et données de démonstration"):
            call_command("demo_data", verbosity=0, stdout=io.StringIO())
    with step("Fichiers statiques"):
        collect_if_changed()
    connections.close_all()


def children(addresses: list[str], data_dir: Path) -> list[Child]:
    """Web first: it is what people wait for."""
    binds = [part for address in addresses for part in ("--bind", address)]
    make_folder(data_dir / "beat")
    log = data_dir / "log"
    web = ["-m", "gunicorn", "config.wsgi", *binds, "--workers=2", "--worker-class=gthread", "--threads=4"]
    web += ["--preload", "--graceful-timeout=4", "--timeout=120", "--limit-request-line=8190", "--no-control-socket"]
    celery = ["-m", "celery", "-A", "config"]
    worker = [*celery, "worker", "--concurrency=2", "--loglevel=INFO", "--without-gossip", "--without-mingle"]
    post = ["-m", "config.inbox.server", os.environ["DEMO_SMTP_PORT"], str(data_dir / "mail")]
    beat = [*celery, "beat", "--loglevel=INFO", "--pidfile=", f"--schedule={data_dir / 'beat' / 'schedule'}"]
    return [
        Child("web", web, log / "web.log"),
        Child("courriels", post, log / "mail.log"),
        Child("tâches", worker, log / "worker.log"),
        Child("planificateur", beat, log / "beat.log"),
    ]


def answers(port: int) -> bool:
    """Whether the web server answers, in good health where it can tell."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/sante/", headers={"Host": f"localhost:{port}"})
        return connection.getresponse().status < 500
    except OSError:
        return False
    finally:
        connection.close()


def wait_until_ready(web: Child, port: int) -> None:
    """Raises Refusal with the end of the log when the web server does not come up."""
    deadline = time.monotonic() + READY_SECONDS
    while not answers(port):
        web.look_after()
        if web.failures >= TRIES_BEFORE_READY or time.monotonic() > deadline:
            raise Refusal(f"Le serveur web n’a pas démarré. Fin de {web.log} :\n{web.tail()}")
        time.sleep(0.05)


def announce(port: int, password: str) -> None:
    hosts = ["atelier.localhost", "horizon.localhost", "ops.localhost", "dpo.localhost", "localhost"]
    say("\nPrêt : " + "  ".join(f"http://{host}:{port}" for host in hosts))
    try:
        from config.management.commands.demo_data import accounts
    except ImportError:
        return
    say("\nComptes de démonstration :")
    for host, email, role in accounts():
        say(f"  {host:<22} {email:<36} {role}")
    say(f"Mot de passe : {password}\n\nCtrl-C arrête tout.\n")


def watch(family: list[Child], leases: list[embedded.Lease]) -> None:
    """Until a signal ends it."""
    while True:
        for lease in leases:
            if lease.renew():
                say(f"Le serveur intégré « {lease.name} » a été relancé.")
        for child in family:
            for line in filter(None, [child.look_after(), *child.new_errors()]):
                say(line)
        time.sleep(TICK_SECONDS)


def run(port: int, addresses: list[str], data_dir: Path) -> None:
    family: list[Child] = []
    leases: list[embedded.Lease] = []
    try:
        with step("Démarrage de PostgreSQL et de Redis"):
            leases = embedded.take_servers(
                data_dir, postgres=not os.environ.get("DATABASE_URL"), redis=not os.environ.get("REDIS_URL")
            )
        password = demo_password(data_dir)
        prepare(password)
        family = children(addresses, data_dir)
        web, *others = family
        with step("Démarrage du serveur web"):
            web.start()
            wait_until_ready(web, port)
        # After the web server, with which they would compete for the processors: their work can wait in the queue.
        for child in others:
            child.start()
        announce(port, password)
        watch(family, leases)
    finally:
        # A second Ctrl-C would leave the others running.
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        say("\nArrêt…")
        stop_all(family)
        embedded.release_all(leases)
        say("Tout est arrêté.")


def _end(number: int, frame: FrameType | None) -> None:
    raise SystemExit(0)  # the ordinary way to end a demo, not a failure


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.dev")
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _end)
    data_dir = embedded.data_dir_from_environment()
    # Children and settings read the same folder, whatever directory they run in.
    os.environ["DATA_DIR"] = str(data_dir)
    os.chdir(REPOSITORY)
    try:
        port = port_from_environment()
        os.environ["PORT"] = str(port)
        os.environ.setdefault("DEMO_SMTP_PORT", str(free_port()))
        addresses = addresses_to_bind(port)
        make_folder(data_dir)
        take_demo_lock(data_dir)
        run(port, addresses, data_dir)
    except (Refusal, embedded.EmbeddedError, PermissionError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
