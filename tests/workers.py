"""Real Celery workers in processes of their own, on the test's database: to be killed."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django_tenants.utils import tenant_context

from config.celery import app


def wait_for(what: Callable[[], Any], seconds: float = 60) -> Any:
    """The first true answer. Fails when none came: the machine may be slow, the thing asked must happen."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := what():
            return found
        time.sleep(0.05)
    raise AssertionError(f"did not happen within {seconds} s")


def test_database_url() -> str:
    base = settings.DATABASES["default"]
    host, name = base["HOST"], connection.settings_dict["NAME"]
    if host.startswith("/"):
        return f"postgres://{base['USER']}@/{host}/{name}"
    port = f":{base['PORT']}" if base["PORT"] else ""
    return f"postgres://{base['USER']}:{base['PASSWORD']}@{host}{port}/{name}"


class Worker:
    def __init__(self, queue: str, modules: str, log: Path, environment: dict[str, str]) -> None:
        self.log = log
        command = ["-m", "celery", "-A", "config", "worker", "-Q", queue, "-I", modules, "-c", "1", "-l", "INFO"]
        command += ["--without-gossip", "--without-mingle", "--without-heartbeat", "-n", f"{queue}-{log.stem}@test"]
        with log.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, *command], cwd=settings.BASE_DIR, stdout=output, stderr=output, env=environment,
                start_new_session=True,
            )  # fmt: skip

    def kill(self) -> None:
        """SIGKILL to the whole of it: nobody is left to say goodbye, nor to give messages back."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        if self.process.poll() is None:
            self.kill()


def configure(**values: Any) -> None:
    app.conf.update(values)
    for made in ("queues", "router"):  # made once, from the settings
        app.amqp.__dict__.pop(made, None)


@contextmanager
def real_workers(folder: Path, modules: str = "tests.jobs.kinds", **environment: str) -> Iterator[Any]:
    """Tasks of the block really go to the broker, on a queue of its own. Gives `start(name) -> Worker`."""
    queue = f"test-{os.getpid()}-{time.monotonic_ns()}"
    usual = {"task_always_eager": app.conf.task_always_eager, "task_default_queue": app.conf.task_default_queue}
    configure(task_always_eager=False, task_default_queue=queue)
    known = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST")}
    known |= {"DJANGO_SETTINGS_MODULE": "config.settings.test", "DATABASE_URL": test_database_url(), **environment}
    started: list[Worker] = []

    def start(name: str = "one") -> Worker:
        started.append(Worker(queue, modules, folder / f"{name}.log", known))
        return started[-1]

    try:
        yield start
    finally:
        for worker in started:
            worker.stop()
        with app.connection_for_write() as broker:
            broker.default_channel.queue_delete(queue)
        configure(**usual)


def second_of_two(client: Any, first: Callable[[], Any], second: Callable[[], Any]) -> Any:
    """What `second` gives: by another connection, begun while `first` has written and not committed."""

    def act() -> Any:
        try:
            with tenant_context(client), transaction.atomic():
                return second()
        finally:
            connection.close()

    with tenant_context(client), ThreadPoolExecutor(1) as other:
        with transaction.atomic():
            first()
            acting = other.submit(act)
            wait_for(lambda: acting.done() or waits_for_a_lock(), 20)
        return acting.result(20)


def waits_for_a_lock() -> bool:
    """Whether somebody waits for a lock of another."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return cursor.fetchone()[0] > 0
