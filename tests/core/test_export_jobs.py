"""Large exports: made in the background, kept a day for who asked, judged again when fetched."""

import csv
import hashlib
import io
import os
import time
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.urls import reverse
from django.utils import timezone

from core.accounts.models import Role, User
from core.exporting import files
from core.jobs.carrying_out import run
from core.models import ExportFile, Extraction, ExtractionEnd, Job, JobState
from crm.models import Company

URL = "/crm/companies/export/"


@pytest.fixture(autouse=True)
def small(monkeypatch):
    monkeypatch.setattr("core.views.exporting.STREAMED", 3)


@pytest.fixture
def five(make_company):
    return [make_company(f"Maison {number}", city="Brest") for number in range(5)]


def ask(browser, kind="csv", query="", **data):
    return browser.post(f"{URL}?{query}", {"format": kind, "columns": "shown", **data})


def carried_out(browser, **kwargs) -> tuple[Job, Extraction]:
    answer = ask(browser, **kwargs)
    job = Job.objects.latest("pk")
    assert answer.status_code == 302 and answer.headers["Location"] == f"/jobs/{job.pk}/"
    run(job.pk)
    job.refresh_from_db()
    return job, Extraction.objects.latest("pk")


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_the_file_is_made_recorded_and_fetched_by_who_asked(sales, five, kind):
    job, row = carried_out(sales, kind=kind)
    assert (job.state, job.done, job.total) == (JobState.DONE, 5, 5) and job.message.startswith("5 lignes.")
    assert job.result_url == f"/extractions/{row.pk}/"
    page = sales.get(job.result_url)
    assert "Le fichier est prêt" in page.content.decode()
    body = b"".join(sales.get(page.context["file_url"]).streaming_content)
    assert (row.end.outcome, row.end.rows, row.end.size) == ("complete", 5, len(body))
    assert row.end.sha256 == hashlib.sha256(body).hexdigest()


def test_it_holds_what_the_list_showed_when_it_was_asked_for(sales, five, make_company):
    make_company("Autre")
    _job, row = carried_out(sales, query="q=maison&sort=-name")
    body = b"".join(sales.get(f"/extractions/{row.pk}/file/").streaming_content)
    lines = list(csv.reader(io.StringIO(body.decode("utf-8-sig")), delimiter=";"))
    assert [line[0] for line in lines] == ["Société", *(f"Maison {number}" for number in (4, 3, 2, 1, 0))]


def test_nobody_else_fetches_it_not_even_an_administrator(sales, five, atelier, signed_in):
    _job, row = carried_out(sales)
    boss = signed_in(atelier, "administrator")
    assert boss.get(f"/extractions/{row.pk}/file/").status_code == 404
    page = boss.get(f"/extractions/{row.pk}/")
    assert page.status_code == 200 and not page.context["file_url"], "the register is theirs to read"
    other = signed_in(atelier, "reader")
    assert other.get(f"/extractions/{row.pk}/").status_code == 404
    assert other.get(f"/extractions/{row.pk}/file/").status_code == 404


def test_after_a_day_it_is_gone_from_the_page_then_from_the_disk(sales, five):
    _job, row = carried_out(sales)
    path = Path(default_storage.path(ExportFile.objects.get().file.name))
    ExportFile.objects.update(made_at=timezone.now() - timedelta(hours=24, seconds=1))
    answer = sales.get(f"/extractions/{row.pk}/file/")
    assert answer.status_code == 410 and "Relancez l’export" in answer.content.decode()
    assert not sales.get(f"/extractions/{row.pk}/").context["file_url"] and path.exists()
    assert files.sweep() == 1 and not path.exists() and not ExportFile.objects.exists()
    assert sales.get(f"/extractions/{row.pk}/file/").status_code == 404
    assert Extraction.objects.get().end.outcome == "complete", "the register forgets nothing"


@pytest.mark.parametrize("change", ["level", "scope", "right", "column"])
def test_who_has_lost_a_right_meanwhile_neither_gets_the_file_nor_has_it_made(sales, five, monkeypatch, change):
    from crm.resources import CompanyResource

    Role.objects.filter(code="sales").update(rights=["crm.view_credit"])
    _job, row = carried_out(sales)
    assert "credit_limit" in row.columns
    answer = ask(sales)
    waiting = Job.objects.latest("pk")
    assert answer.status_code == 302
    if change == "right":
        monkeypatch.setattr(CompanyResource, "extraction_right", "crm.export")
    else:
        Role.objects.filter(code="sales").update(
            **{"level": {"levels": {}}, "scope": {"scopes": {"crm": "own"}}, "column": {"rights": []}}[change]
        )
    assert sales.get(f"/extractions/{row.pk}/file/").status_code == 403
    run(waiting.pk)
    waiting.refresh_from_db()
    assert waiting.state == JobState.FAILED and "Vos droits" in waiting.message
    assert ExtractionEnd.objects.count() == 1 and ExportFile.objects.count() == 1
    assert files.outcomes(list(Extraction.objects.order_by("-pk")[:1])) == {waiting.args["extraction"]: "failed"}


def test_a_failure_leaves_no_file_and_is_told_in_the_register(sales, five, monkeypatch):
    def fail(*args):
        raise OSError("disk full")

    monkeypatch.setattr("core.exporting.files._write", fail)
    job, row = carried_out(sales)
    assert job.state == JobState.FAILED and not ExportFile.objects.exists()
    assert "Échouée" in sales.get(f"/extractions/{row.pk}/").content.decode()


def test_one_that_was_cancelled_says_so(sales, five):
    ask(sales)
    job, row = Job.objects.get(), Extraction.objects.get()
    assert "En cours" in sales.get("/extractions/").content.decode()
    sales.post(reverse("job-cancel", args=[job.pk]))
    assert files.outcomes([row]) == {row.pk: "cancelled"}


def test_a_process_that_died_long_ago_is_not_said_to_be_going_on(sales, five):
    from core.exporting.recording import Origin, Way, begin
    from crm.resources import CompanyResource

    row = begin(
        CompanyResource, User.objects.get(email="sales@atelier.example"), way=Way.EXPORT, origin=Origin("x"),
        format="csv", columns=["name"],
    )  # fmt: skip
    row.at = timezone.now() - timedelta(days=2)
    assert files.outcomes([row]) == {row.pk: "interrupted"}


def test_the_night_takes_what_a_killed_process_left(sales, five, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    place = Path(default_storage.path(files.FOLDER))
    (place / "tmpvieux").mkdir(parents=True)
    (place / "tmpvieux" / "lignes").write_text("x")
    (place / "perdu.csv").write_text("x")
    (place / "recent.csv").write_text("x")
    old = time.time() - 25 * 3600
    for name in ("tmpvieux", "perdu.csv"):
        os.utime(place / name, (old, old))
    _job, _row = carried_out(sales)
    assert files.sweep() == 2
    assert {path.name for path in place.iterdir()} == {
        "recent.csv", Path(ExportFile.objects.get().file.name).name,
    }  # fmt: skip


def test_few_rows_need_no_job(sales, five):
    answer = ask(sales, query="q=maison+1")
    assert answer.streaming and not Job.objects.exists()
    answer = ask(sales, ids=",".join(str(row.pk) for row in five[:2]))
    assert answer.streaming and Company.objects.count() == 5
