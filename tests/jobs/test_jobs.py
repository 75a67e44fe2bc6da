"""A job from being asked for to its end, seen by those who may and cancelled by its owner."""

import re
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from django_tenants.utils import schema_context

from core.accounts.models import User
from core.jobs import start_job, tasks
from core.jobs.carrying_out import run
from core.jobs.looking_after import reconcile, sweep
from core.models import Job, JobState, Notification
from crm.models import Company
from tests.jobs import kinds  # noqa: F401 - declares them


def person(name: str = "sales") -> User:
    return User.objects.get(email=f"{name}@atelier.example")


@pytest.fixture
def ask(atelier, django_capture_on_commit_callbacks):
    """`ask("test-count", upto=3)`: a job of the salesperson, run to its end."""

    def ask(kind: str, *, by: str = "sales", runs: bool = True, **args) -> Job:
        with django_capture_on_commit_callbacks(execute=runs):
            job = start_job(kind, label="Sociétés", by=person(by), args=args)
        job.refresh_from_db()
        return job

    return ask


@pytest.fixture
def sales(atelier, signed_in):
    return signed_in(atelier, "sales")


def test_a_job_runs_after_the_commit_and_says_what_it_did(ask):
    job = ask("test-count", upto=3)
    assert (job.state, job.message, job.result) == (JobState.DONE, "3 comptés", {"counted": 3})
    assert (job.done, job.total, job.percent) == (3, 3, 100)


def test_a_job_of_a_transaction_that_is_rolled_back_never_was(atelier):
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        start_job("test-count", label="Sociétés", by=person(), args={"upto": 1})
        raise ZeroDivisionError
    assert not Job.objects.exists()


def test_an_unknown_kind_is_refused_when_asked(atelier):
    with pytest.raises(KeyError):
        start_job("test-nothing", label="Rien", by=person())


def test_what_is_not_json_is_refused_when_asked(atelier):
    with pytest.raises(TypeError):
        start_job("test-count", label="Rien", by=person(), args={"upto": object()})


def test_a_refusal_is_said_in_its_own_words_and_nothing_is_kept(ask):
    job = ask("test-refuse")
    assert (job.state, job.message) == (JobState.FAILED, "La liste est vide : choisissez d’abord des sociétés.")
    assert not Company.objects.exists()


@pytest.mark.parametrize("kind", ["test-crash", "test-broken-query"])
def test_a_failure_gives_a_reference_that_the_log_has_too(ask, caplog, kind):
    job = ask(kind)
    reference = re.search(r"référence ([0-9A-F]{8})", job.message)[1]
    assert job.state == JobState.FAILED and "rien n’a été changé" in job.message
    record = next(record for record in caplog.records if reference in record.getMessage())
    assert record.exc_info
    assert not Company.objects.exists()


def test_a_message_that_comes_twice_does_the_work_once(ask):
    job = ask("test-count", upto=1)
    run(job.pk)
    job.refresh_from_db()
    assert job.attempts == 1


def test_a_waiting_job_is_cancelled_at_once_and_never_runs(ask, sales):
    job = ask("test-count", runs=False, upto=1)
    assert sales.post(f"/jobs/{job.pk}/cancellation/").status_code == 302
    run(job.pk)
    job.refresh_from_db()
    assert (job.state, job.attempts) == (JobState.CANCELLED, 0)
    assert "Annulé avant de commencer" in sales.get(f"/jobs/{job.pk}/").content.decode()


def test_an_ended_job_is_not_cancelled(ask, sales):
    job = ask("test-count", upto=1)
    sales.post(f"/jobs/{job.pk}/cancellation/")
    job.refresh_from_db()
    assert job.state == JobState.DONE


def test_a_cancellation_leads_back_only_within_the_instance(ask, sales):
    job = ask("test-count", runs=False, upto=1)
    address = f"/jobs/{job.pk}/cancellation/"
    assert sales.post(address, {"next": "/jobs/"}).headers["Location"] == "/jobs/"
    assert sales.post(address, {"next": "https://ailleurs.example/"}).headers["Location"] == f"/jobs/{job.pk}/"


def test_one_sees_ones_own_jobs_and_an_administrator_all(ask, sales, signed_in, atelier):
    mine, other = ask("test-count", upto=1), ask("test-count", by="reader", upto=1)
    for page in ("", "card/"):
        assert sales.get(f"/jobs/{mine.pk}/{page}").status_code == 200
        assert sales.get(f"/jobs/{other.pk}/{page}").status_code == 404
    assert sales.post(f"/jobs/{other.pk}/cancellation/").status_code == 404
    assert [card["job"].pk for card in sales.get("/jobs/?who=all").context["cards"]] == [mine.pk]
    admin = signed_in(atelier, "administrator")
    assert not admin.get("/jobs/").context["cards"]
    assert [card["job"].pk for card in admin.get("/jobs/?who=all").context["cards"]] == [other.pk, mine.pk]
    assert admin.get(f"/jobs/{other.pk}/").status_code == 200


def test_another_client_knows_nothing_of_it(ask, horizon, signed_in):
    job = ask("test-count", upto=1)
    stranger = signed_in(horizon, "administrator")
    assert stranger.get(f"/jobs/{job.pk}/").status_code == 404
    assert not stranger.get("/jobs/?who=all").context["cards"]


def test_the_list_is_filtered_by_state_and_goes_on(ask, sales):
    ask("test-refuse")
    for _number in range(52):
        ask("test-count", upto=0)
    assert len(sales.get("/jobs/?state=failed").context["cards"]) == 1
    first = sales.get("/jobs/?state=done")
    assert len(first.context["cards"]) == 50
    assert len(sales.get(first.context["more_url"]).context["cards"]) == 2
    assert sales.get("/jobs/?state=nothing&before=x").status_code == 200


def test_the_list_costs_the_same_however_long(ask, sales, django_assert_max_num_queries):
    for _number in range(30):
        ask("test-count", upto=0)
    with django_assert_max_num_queries(8):
        sales.get("/jobs/")


def test_the_file_is_its_owners_alone(ask, sales, signed_in, atelier):
    job = ask("test-file")
    answer = sales.get(f"/jobs/{job.pk}/file/")
    assert b"".join(answer.streaming_content) == b"a;b"
    assert 'filename="liste.csv"' in answer.headers["Content-Disposition"]
    admin = signed_in(atelier, "administrator")
    assert admin.get(f"/jobs/{job.pk}/file/").status_code == 404
    assert f"/jobs/{job.pk}/file/" not in admin.get(f"/jobs/{job.pk}/").content.decode()


def test_the_card_asks_until_the_end_then_says_so(ask, sales):
    job = ask("test-count", runs=False, upto=1)
    partial = {"HX-Request": "true", "HX-Request-Type": "partial"}
    going = sales.get(f"/jobs/{job.pk}/card/", headers=partial)
    assert 'hx-trigger="every 1s"' in going.content.decode() and "HX-Reswap" not in going.headers
    run(job.pk)
    ended = sales.get(f"/jobs/{job.pk}/card/", headers=partial)
    assert "hx-trigger" not in ended.content.decode()
    assert ended.headers["HX-Reswap"] == "outerHTML" and '"job-ended"' in ended.headers["HX-Trigger"]


def test_the_bell_tells_of_a_long_job_not_of_a_short_one(ask, monkeypatch):
    ask("test-count", upto=1)
    assert not Notification.objects.exists()
    monkeypatch.setattr("core.jobs.carrying_out.LONG", timedelta(0))
    job = ask("test-count", upto=1)
    told = Notification.objects.get()
    assert (told.text, told.url, told.person) == ("« Sociétés » est terminé.", f"/jobs/{job.pk}/", person())


def test_the_bell_tells_of_every_failure(ask):
    ask("test-refuse")
    assert Notification.objects.get().text == "« Sociétés » a échoué."


def test_a_message_that_was_lost_is_sent_again(ask, django_capture_on_commit_callbacks):
    job = ask("test-count", runs=False, upto=1)
    assert reconcile() == 0
    Job.objects.filter(pk=job.pk).update(sent_at=timezone.now() - timedelta(minutes=11))
    with django_capture_on_commit_callbacks(execute=True):
        assert reconcile() == 1
    job.refresh_from_db()
    assert job.state == JobState.DONE


def test_beat_wakes_only_the_clients_that_have_unfinished_jobs(ask, horizon, monkeypatch):
    job = ask("test-count", runs=False, upto=1)
    woken = []
    monkeypatch.setattr("core.jobs.tasks.reconcile_here.delay", lambda: woken.append(connection.schema_name))
    with schema_context("public"):
        tasks.reconcile.delay()
        assert woken == []  # it was given to the workers a moment ago
    Job.objects.filter(pk=job.pk).update(sent_at=timezone.now() - timedelta(minutes=1))
    with schema_context("public"):
        tasks.reconcile.delay()
    assert woken == ["atelier"]


def test_a_broker_that_is_down_loses_no_job(ask, monkeypatch, django_capture_on_commit_callbacks):
    from kombu.exceptions import OperationalError

    def down(*args):
        raise OperationalError

    with monkeypatch.context() as patch:
        patch.setattr(tasks.run, "delay", down)
        job = ask("test-count", upto=1)
    assert job.state == JobState.QUEUED


def test_old_jobs_leave_with_their_files(ask):
    old, kept = ask("test-file"), ask("test-file")
    Job.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(days=31))
    storage = old.file.storage
    stray = storage.save("jobs/perdu", kept.file)
    assert sweep() == 1
    assert list(Job.objects.all()) == [kept]
    assert not storage.exists(old.file.name) and storage.exists(kept.file.name)
    assert storage.exists(stray)  # of today: its job may be about to be committed


@pytest.mark.parametrize(
    "nonsense",
    [
        {"state": "lost"},
        {"state": "done", "finished_at": None},
        {"state": "queued", "finished_at": timezone.now()},
        {"done": -1},
        {"state": "running", "finished_at": None, "heartbeat_at": None},
    ],
)
def test_the_database_refuses_nonsense(ask, nonsense):
    job = ask("test-count", upto=1)
    with pytest.raises(IntegrityError), transaction.atomic():
        Job.objects.filter(pk=job.pk).update(**nonsense)


def test_the_connection_is_given_back_without_the_lock(ask):
    ask("test-count", upto=1)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid <> pg_backend_pid()")
        assert cursor.fetchone()[0] == 0
