"""Jobs in real workers, that are watched from outside and killed with SIGKILL."""

import threading

import pytest
from django.db import connection
from django_tenants.utils import tenant_context

from core.accounts.models import User
from core.jobs import cancel_job, start_job
from core.jobs.carrying_out import run
from core.jobs.looking_after import reconcile
from core.jobs.running import is_held
from core.models import Job, JobState
from crm.models import Company
from tests.jobs import kinds  # noqa: F401 - declares them
from tests.workers import real_workers, wait_for


@pytest.fixture
def client(make_client):
    made = make_client("travaux")
    with tenant_context(made):
        yield made


@pytest.fixture
def start(client, tmp_path):
    with real_workers(tmp_path) as start:
        yield start


def ask(kind: str, **args) -> Job:
    return start_job(kind, label="Essai", by=User.objects.get(email="sales@travaux.example"), args=args)


def reach(job: Job, *states: JobState) -> Job:
    def reached():
        job.refresh_from_db()
        return job.state in states

    wait_for(reached)
    return job


def runs(folder) -> int:
    found = folder / "runs"
    return len(found.read_text().splitlines()) if found.exists() else 0


def wait_and_reconcile(job: Job) -> None:
    """What beat does each minute, once PostgreSQL has noticed that the worker is gone."""
    wait_for(lambda: not is_held(job.pk))
    Job.objects.filter(pk=job.pk).update(heartbeat_at="2026-01-01T00:00Z", sent_at="2026-01-01T00:00Z")
    assert reconcile() == 1


def test_the_progress_is_seen_while_the_work_is_not(start, tmp_path):
    start()
    job = ask("test-write-and-wait", folder=str(tmp_path))
    wait_for(lambda: runs(tmp_path))
    job.refresh_from_db()
    assert (job.state, job.done, job.total, job.percent, job.message) == ("running", 4, 10, 40, "quatre de faites")
    assert not Company.objects.exists()
    (tmp_path / "go").touch()
    reach(job, JobState.DONE)
    assert (job.done, job.message) == (10, "fini")
    assert Company.objects.count() == 1


def test_a_cancelled_job_stops_and_leaves_nothing(start, tmp_path):
    start()
    job = ask("test-write-and-wait", folder=str(tmp_path))
    wait_for(lambda: runs(tmp_path))
    cancel_job(job, by=job.owner)
    reach(job, JobState.CANCELLED)
    assert job.message == "Annulé : rien n’a été changé."
    assert not Company.objects.exists()


def test_a_job_that_may_not_restart_says_that_it_was_interrupted(start, tmp_path):
    worker = start()
    job = ask("test-write-and-wait", folder=str(tmp_path))
    wait_for(lambda: runs(tmp_path))
    assert reconcile() == 0  # somebody is at work on it
    worker.kill()
    wait_and_reconcile(job)
    start("two")
    reach(job, JobState.INTERRUPTED)
    assert job.message == "Le serveur s’est arrêté pendant ce travail : rien n’a été changé. Vous pouvez le relancer."
    assert runs(tmp_path) == 1
    assert not Company.objects.exists()


def test_what_was_committed_piece_by_piece_is_said_to_be_looked_at(start, tmp_path):
    worker = start()
    job = ask("test-piecemeal", folder=str(tmp_path))
    wait_for(lambda: runs(tmp_path))
    worker.kill()
    wait_and_reconcile(job)
    start("two")
    reach(job, JobState.INTERRUPTED)
    assert "une partie est peut-être faite" in job.message
    assert Company.objects.count() == 1


def test_a_job_that_may_restart_is_done_by_the_next_worker_as_if_nothing_had_been(start, tmp_path):
    worker = start()
    job = ask("test-restart", folder=str(tmp_path))
    wait_for(lambda: runs(tmp_path))
    worker.kill()
    wait_and_reconcile(job)
    start("two")
    wait_for(lambda: runs(tmp_path) == 2)
    (tmp_path / "go").touch()
    reach(job, JobState.DONE)
    assert (job.attempts, Company.objects.count()) == (2, 1)


def test_a_job_that_kills_its_workers_is_given_up(start, tmp_path):
    """Celery gives the message back itself when only the child dies."""
    start()
    job = ask("test-suicide")
    reach(job, JobState.INTERRUPTED)
    assert job.attempts == 3
    assert "3 fois" in job.message


def test_one_job_is_never_run_twice_at_once(client, tmp_path):
    job = Job.objects.create(kind="test-write-and-wait", label="Essai", args={"folder": str(tmp_path)})

    def work() -> None:
        with tenant_context(client):
            run(job.pk)
        connection.close()

    threads = [threading.Thread(target=work) for _number in range(4)]
    for thread in threads:
        thread.start()
    wait_for(lambda: runs(tmp_path))
    wait_for(lambda: sum(thread.is_alive() for thread in threads) == 1)
    (tmp_path / "go").touch()
    for thread in threads:
        thread.join()
    assert (runs(tmp_path), Company.objects.count()) == (1, 1)
