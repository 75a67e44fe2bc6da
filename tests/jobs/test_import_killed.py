"""A worker killed with SIGKILL in the middle of an import: nothing is half done, and the pages say what happened."""

import shutil

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django_tenants.utils import tenant_context

from core.accounts.models import User
from core.importing import actions, jobs
from core.jobs.looking_after import reconcile
from core.jobs.running import is_held
from core.models import Event, ImportBatch, ImportState, Job, JobState
from crm.models import Company
from crm.resources import CompanyResource
from tests.workers import real_workers, wait_for

LINES = 20_000


@pytest.fixture
def client(make_client, settings):
    settings.MEDIA_ROOT = settings.DATA_DIR / "media"  # the worker's own
    made = make_client("tue")
    with tenant_context(made):
        yield made
        shutil.rmtree(default_storage.path("imports"))


@pytest.fixture
def start(client, tmp_path):
    with real_workers(tmp_path) as start:
        yield start


def test_nothing_is_half_done_and_it_can_be_asked_again(start):
    by = User.objects.get(email="sales@tue.example")
    content = "Nom;Ville\n" + "".join(f"Société {number};Brest\n" for number in range(LINES))
    batch = actions.receive(CompanyResource, ContentFile(content.encode()), "f.csv", by=by)
    plan = actions.Plan.of(batch.plan)
    plan.key = ""
    batch.plan = plan.as_json()
    actions.check_now(batch)
    batch.save()
    assert actions.ask(batch, before=ImportState.READY, after=ImportState.RUNNING)
    worker = start()
    job = jobs.start(jobs.COMMIT, batch, by=by)

    def in_the_middle():
        job.refresh_from_db()
        return job.state == JobState.RUNNING and 0 < job.done < 100

    wait_for(in_the_middle)
    worker.kill()
    wait_for(lambda: not is_held(job.pk))
    Job.objects.filter(pk=job.pk).update(heartbeat_at="2026-01-01T00:00Z", sent_at="2026-01-01T00:00Z")
    assert reconcile() == 1
    start("two")
    wait_for(lambda: Job.objects.filter(pk=job.pk, state=JobState.INTERRUPTED).exists())
    assert not Company.objects.exists() and not Event.objects.filter(operation=batch.operation).exists()
    found = actions.settle(ImportBatch.objects.select_related("job").get(pk=batch.pk))
    assert found.state == ImportState.READY
    assert "rien n’a été changé" in found.notices[0]
    assert actions.ask(found, before=ImportState.READY, after=ImportState.RUNNING)
    jobs.start(jobs.COMMIT, found, by=by)
    wait_for(lambda: ImportBatch.objects.filter(pk=batch.pk, state=ImportState.DONE).exists(), 120)
    assert Company.objects.count() == LINES
