"""`make demo`: what it refuses, what it keeps, and one whole life of it."""

import os
import signal
import socket
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from config import demo
from config.embedded.files import open_lock, open_log
from config.supervisor import Child, stop_all
from tests.runtime.test_embedded import wait_until_gone

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture
def busy_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def run_demo(data_dir, port, **more) -> subprocess.Popen:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("DJANGO_")}
    environment = kept | {"DATA_DIR": str(data_dir), "PORT": str(port), "PYTHONUNBUFFERED": "1"} | more
    return subprocess.Popen(
        [sys.executable, "-m", "config.demo"],
        cwd=REPOSITORY,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def read_until(process, beginning, seconds=120) -> list[str]:
    """Lines up to the one that begins so; fails after `seconds`."""
    lines = []
    watchdog = threading.Timer(seconds, process.kill)
    watchdog.start()
    try:
        for line in process.stdout:
            lines.append(line)
            if line.startswith(beginning):
                return lines
    finally:
        watchdog.cancel()
    pytest.fail("".join(lines))


def test_a_port_in_use_is_said_at_once(tmp_path, busy_port):
    process = run_demo(tmp_path / "data", busy_port)
    output, _ = process.communicate(timeout=20)
    assert process.returncode == 1
    assert f"Le port {busy_port} est déjà utilisé" in output
    assert "make demo" in output
    assert not (tmp_path / "data").exists()


def test_a_port_that_is_none_is_refused(monkeypatch):
    monkeypatch.setenv("PORT", "huit mille")
    with pytest.raises(demo.Refusal, match="numéro de port"):
        demo.port_from_environment()


def test_the_password_is_kept_for_the_owner_only(tmp_path, monkeypatch):
    monkeypatch.delenv("DEMO_PASSWORD", raising=False)
    first = demo.demo_password(tmp_path)
    assert demo.demo_password(tmp_path) == first
    assert len(first) >= 12
    assert stat.S_IMODE((tmp_path / "demo-password").stat().st_mode) == 0o600


def test_a_chosen_password_replaces_the_kept_one(tmp_path, monkeypatch):
    monkeypatch.delenv("DEMO_PASSWORD", raising=False)
    demo.demo_password(tmp_path)
    monkeypatch.setenv("DEMO_PASSWORD", "un-mot-de-passe-choisi")
    assert demo.demo_password(tmp_path) == "un-mot-de-passe-choisi"
    monkeypatch.delenv("DEMO_PASSWORD")
    assert demo.demo_password(tmp_path) == "un-mot-de-passe-choisi"


def test_two_demos_on_one_folder_are_refused(tmp_path):
    handle = demo.take_demo_lock(tmp_path)
    with pytest.raises(demo.Refusal, match="tourne déjà"):
        demo.take_demo_lock(tmp_path)
    os.close(handle)


def test_a_child_that_dies_is_started_again(tmp_path):
    child = Child("essai", ["-c", "print('ERROR une erreur', flush=True); raise SystemExit(3)"], tmp_path / "log")
    child.start()
    try:
        child._process.wait(10)
        assert child.new_errors() == ["essai : ERROR une erreur"]
        assert "code 3" in child.look_after()
        child._retry_at = 0.0
        assert child.look_after() == ""
        child._process.wait(10)
        assert child.look_after().count("2 s") == 1
    finally:
        stop_all([child])


def test_what_a_child_writes_is_nobody_elses(tmp_path):
    """The demo's mails hold links that set passwords."""
    mail = tmp_path / "mail"
    child = Child("test", ["-c", f"open({str(mail)!r}, 'w')"], tmp_path / "log" / "child.log")
    child.start()
    child.end(seconds=10)
    assert mail.stat().st_mode & 0o077 == 0


def test_data_logs_and_locks_are_nobody_elses(tmp_path):
    data = tmp_path / "data"
    os.close(open_lock(data / "locks" / "demo.lock"))
    open_log(data / "log" / "web.log").close()
    made = [data, *data.rglob("*")]
    assert len(made) == 5
    assert not [path for path in made if path.stat().st_mode & 0o066], "readable or writable by others"


def test_what_an_earlier_version_left_open_is_closed(tmp_path):
    log = tmp_path / "log"
    log.mkdir(0o755)
    (log / "web.log").touch(0o644)
    open_log(log / "worker.log").close()
    assert not [path for path in (log, *log.iterdir()) if path.stat().st_mode & 0o066]


def test_a_child_that_ignores_the_signal_is_killed_with_its_group(tmp_path, monkeypatch):
    monkeypatch.setattr("config.supervisor.STOP_SECONDS", 0.5)
    code = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"
    child = Child("sourd", ["-c", code], tmp_path / "log")
    child.start()
    while "up" not in child.tail():
        pass
    stop_all([child])
    assert child._process.returncode == -signal.SIGKILL


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_demo_starts_and_leaves_nothing_behind(tmp_path_factory, number):
    data = tmp_path_factory.getbasetemp() / "demo-data"  # the second life starts on the data of the first
    port = free_port()
    process = run_demo(data, port, DEMO_PASSWORD="mot-de-passe-de-la-demo")
    try:
        lines = read_until(process, "Prêt :")
        assert f"http://atelier.localhost:{port}" in lines[-1]
        told = read_until(process, "Ctrl-C")
        assert any("mot-de-passe-de-la-demo" in line for line in told)
        assert demo.answers(port)
        os.kill(process.pid, number)
        output, _ = process.communicate(timeout=20)
    finally:
        process.kill()
    if number == signal.SIGTERM:
        assert process.returncode == 0
        assert "Tout est arrêté." in output
    assert wait_until_gone(data) == []
    assert not demo.answers(port)


def test_a_terminal_that_is_gone_stops_nothing(monkeypatch):
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as gone:
        monkeypatch.setattr(sys, "stdout", gone)
        demo.say("Arrêt…")
        monkeypatch.undo()
        os.dup2(os.open(os.devnull, os.O_WRONLY), writing)  # so that closing it finds a place for what is buffered
