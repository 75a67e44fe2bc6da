"""An export in a real worker that is killed with SIGKILL: nothing half done is offered, the next worker makes it whole."""

import hashlib
import shutil
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.http import QueryDict
from django_tenants.utils import tenant_context

from core.accounts.models import User
from core.exporting import files
from core.exporting.plan import Plan
from core.exporting.recording import Origin
from core.jobs.looking_after import reconcile
from core.jobs.running import is_held
from core.models import ExportFile, Extraction, ExtractionEnd, Job, JobState
from crm.models import Company
from crm.resources import CompanyResource
from tests.workers import real_workers, wait_for

ROWS = 25_000


@pytest.fixture
def client(make_client, settings):
    settings.MEDIA_ROOT = settings.DATA_DIR / "media"  # the worker's own
    made = make_client("travaux")
    with tenant_context(made):
        Company.objects.bulk_create([Company(name=f"Maison {number:05d}", city="Brest") for number in range(ROWS)])
        yield made
        shutil.rmtree(default_storage.path(files.FOLDER))


def test_a_killed_export_offers_no_file_then_is_made_by_the_next_worker(client, tmp_path):
    user = User.objects.get(email="sales@travaux.example")
    with real_workers(tmp_path) as start:
        worker = start()
        job = files.ask(
            Plan(CompanyResource, user, QueryDict(""), everything=True), format="xlsx", origin=Origin("test")
        )

        def written() -> bool:
            job.refresh_from_db()
            return job.state == JobState.RUNNING and job.done > 0

        wait_for(written)
        worker.kill()
        wait_for(lambda: not is_held(job.pk))
        job.refresh_from_db()
        assert job.state == JobState.RUNNING and 0 < job.done < ROWS, "killed in the middle"
        assert not ExportFile.objects.exists() and not ExtractionEnd.objects.exists()
        assert files.outcomes([Extraction.objects.get()]) == {Extraction.objects.get().pk: ""}
        Job.objects.filter(pk=job.pk).update(heartbeat_at="2026-01-01T00:00Z", sent_at="2026-01-01T00:00Z")
        assert reconcile() == 1
        start("two")

        def ended() -> bool:
            job.refresh_from_db()
            return job.state == JobState.DONE

        wait_for(ended)
    assert (job.attempts, job.done, job.total) == (2, ROWS, ROWS)
    end = ExtractionEnd.objects.get()
    body = Path(default_storage.path(ExportFile.objects.get().file.name)).read_bytes()
    assert (end.outcome, end.rows, end.size) == ("complete", ROWS, len(body))
    assert end.sha256 == hashlib.sha256(body).hexdigest()
