"""A job followed on its page: what moves, what ends, what is stopped."""

import pytest
from django.utils import timezone
from django_tenants.utils import tenant_context
from playwright.sync_api import expect

from core.accounts.models import User
from core.models import Job, JobState


@pytest.fixture
def change(instance):
    """`change(state=…)`: what a worker would write."""
    with tenant_context(instance.client):
        owner = User.objects.get(email__startswith="sales@")
        job = Job.objects.create(
            kind="export", label="Sociétés", owner=owner, state=JobState.RUNNING, heartbeat_at=timezone.now(),
            started_at=timezone.now(), total=100, done=10,
        )  # fmt: skip

    def change(**values):
        with tenant_context(instance.client):
            Job.objects.filter(pk=job.pk).update(**values)
            job.refresh_from_db()
        return job

    return change


def test_the_card_moves_by_itself_and_says_the_end(instance, change):
    job = change()
    instance.enter("sales", f"/jobs/{job.pk}/")
    bar = instance.page.get_by_role("progressbar")
    expect(bar).to_have_attribute("value", "10")
    change(done=60, message="Écriture")
    expect(bar).to_have_attribute("value", "60")
    expect(instance.page.get_by_text("Écriture")).to_be_visible()
    change(state=JobState.DONE, finished_at=timezone.now(), message="100 lignes", result_url="/crm/companies/")
    expect(instance.page.get_by_text("100 lignes")).to_be_visible()
    expect(bar).to_have_count(0)
    expect(instance.page.locator("[hx-trigger='every 1s']")).to_have_count(0)
    instance.page.get_by_role("link", name="Voir le résultat").click()
    instance.page.wait_for_url("**/crm/companies/")


def test_the_list_moves_too_and_its_button_stops_the_job(instance, change):
    change()
    instance.enter("sales", "/jobs/")
    change(done=80)
    expect(instance.page.get_by_role("progressbar")).to_have_attribute("value", "80")
    instance.page.get_by_role("button", name="Annuler").click()
    expect(instance.page.locator("#jobs .badge").get_by_text("Annulation demandée").last).to_be_visible()
    assert change().cancel_asked_at
    change(state=JobState.CANCELLED, finished_at=timezone.now(), message="Annulé : rien n’a été changé.")
    expect(instance.page.get_by_text("Annulé : rien n’a été changé.")).to_be_visible()
    expect(instance.page.locator("[hx-trigger='every 2s']")).to_have_count(0)
