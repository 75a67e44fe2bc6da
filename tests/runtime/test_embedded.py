"""The embedded servers: who keeps them running, and that nothing stays behind."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import environ
import psycopg
import pytest
import redis
from kombu import Connection

from config import embedded
from config.embedded import places

REPOSITORY = Path(__file__).resolve().parents[2]
USER = """
import sys, time
from config import embedded
with embedded.servers(sys.argv[1], durable=False):
    print("up", flush=True)
    time.sleep(60)
"""


def processes_of(data_dir: Path) -> list[str]:
    """Command lines that name the folder: keepers and servers of nobody else."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = entry.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if str(data_dir) in line and USER not in line:
            found.append(line)
    return found


def wait_until_gone(data_dir: Path, seconds: float = 15) -> list[str]:
    deadline = time.monotonic() + seconds
    while (left := processes_of(data_dir)) and time.monotonic() < deadline:
        time.sleep(0.05)
    return left


@pytest.fixture
def start_user(data_dir):
    """Start a process that holds the servers; killed at the end if it still runs."""
    started = []

    def start() -> subprocess.Popen:
        command = [sys.executable, "-c", USER, str(data_dir)]
        process = subprocess.Popen(
            command, cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        started.append(process)
        assert process.stdout.readline() == "up\n"
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()
        process.stdout.close()


@pytest.fixture(scope="module")
def module_data_dir(tmp_path_factory):
    """One cluster for the module: initdb is the slow part."""
    data = tmp_path_factory.mktemp("embedded") / "data"
    yield data
    assert wait_until_gone(data) == []


@pytest.fixture
def data_dir(module_data_dir):
    yield module_data_dir
    assert wait_until_gone(module_data_dir) == []


def test_servers_answer_at_the_given_addresses(data_dir):
    with embedded.servers(data_dir, durable=False) as urls:
        with psycopg.connect(urls.dsn) as connection:
            version, path, provider = connection.execute(
                "SELECT current_setting('server_version_num')::int, current_setting('search_path'), "
                "(SELECT datlocprovider FROM pg_database WHERE datname = current_database())"
            ).fetchone()
        assert version >= 180000
        assert path == '""'
        assert provider == "b"
        assert redis.Redis.from_url(urls.redis).ping()
        with Connection(urls.broker) as broker:
            broker.ensure_connection(max_retries=1)
    assert wait_until_gone(data_dir) == []


def test_a_query_without_a_schema_fails(data_dir):
    with embedded.servers(data_dir, redis=False, durable=False) as urls, psycopg.connect(urls.dsn) as connection:
        connection.execute("CREATE TABLE public.thing (id int)")
        with pytest.raises(psycopg.errors.UndefinedTable):
            connection.execute("SELECT * FROM thing")


def test_servers_listen_on_no_network_port(data_dir):
    with embedded.servers(data_dir, redis=False, durable=False) as urls, psycopg.connect(urls.dsn) as connection:
        assert connection.execute("SHOW listen_addresses").fetchone() == ("",)


def test_nested_users_share_and_the_last_one_stops_them(data_dir):
    with embedded.servers(data_dir, durable=False):
        before = sorted(processes_of(data_dir))
        with embedded.servers(data_dir, durable=False):
            assert sorted(processes_of(data_dir)) == before
        assert processes_of(data_dir) != []
    assert processes_of(data_dir) == []


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_user_that_dies_leaves_no_server(data_dir, start_user, number):
    user = start_user()
    user.send_signal(number)
    user.wait()
    assert wait_until_gone(data_dir) == []


def test_a_user_that_dies_does_not_stop_the_servers_of_another(data_dir, start_user):
    first = start_user()
    with embedded.servers(data_dir, durable=False) as urls:
        first.kill()
        first.wait()
        time.sleep(0.6)  # more than a keeper takes to notice
        assert psycopg.connect(urls.dsn).execute("SELECT 1").fetchone() == (1,)


def test_a_killed_keeper_is_replaced(data_dir):
    lease = embedded.Lease("postgres", data_dir, durable=False)
    lease.take()
    try:
        assert not lease.renew()
        os.kill(int((data_dir / "locks" / "postgres.keeper").read_text()), signal.SIGKILL)
        deadline = time.monotonic() + 5
        while lease.kept() and time.monotonic() < deadline:
            time.sleep(0.02)
        assert lease.renew()
        assert psycopg.connect(embedded.dsn(data_dir)).execute("SELECT 1").fetchone() == (1,)
    finally:
        lease.release()


def test_a_server_that_dies_is_started_again(data_dir):
    with embedded.servers(data_dir, postgres=False, durable=False) as urls:
        redis.Redis.from_url(urls.redis).shutdown(nosave=True)
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            try:
                assert redis.Redis.from_url(urls.redis).ping()
                break
            except redis.ConnectionError:
                time.sleep(0.1)
        else:
            pytest.fail("Redis did not come back")


def test_a_server_that_cannot_start_says_why(tmp_path):
    data = tmp_path / "data"
    (data / "postgres").mkdir(parents=True)
    (data / "postgres" / "18").write_text("in the way")
    with pytest.raises(embedded.EmbeddedError, match="n’a pas démarré"), embedded.servers(data, durable=False):
        pass
    assert wait_until_gone(data) == []


def test_a_long_or_odd_path_gets_a_short_socket_folder(tmp_path):
    assert embedded.database_url("/srv/b2o") == "postgres://myb2o@//srv/b2o/run/myb2o"
    for name in ("x" * 120, "un dossier", "été,%"):
        folder = places.socket_folder(tmp_path / name)
        assert folder.parent == Path("/tmp")
        assert folder == places.socket_folder(tmp_path / name)
        assert len(str(folder)) < places.LONGEST_SOCKET_FOLDER


def test_django_environ_reads_the_address(tmp_path):
    parsed = environ.Env.db_url_config(embedded.database_url("/srv/b2o"))
    assert (parsed["HOST"], parsed["USER"], parsed["NAME"]) == ("/srv/b2o/run", "myb2o", "myb2o")
