"""The pages of the services that every module shares, in the states they can be in: see states.py."""

from collections.abc import Iterator
from datetime import timedelta

from django.core.files.base import ContentFile
from django.utils import timezone
from playwright.sync_api import expect

from core.accounts.models import User
from core.exporting import recording
from core.exporting.recording import Origin, Outcome, Way
from core.importing import actions
from core.models import ImportState, Job, JobState, MailState, OutgoingMail
from core.models.jobs import UNFINISHED
from crm.models import Company
from crm.resources import CompanyResource
from tests.browser.states import LIST, State, press, tick, walk
from tests.browser.worlds import LONG

FILE = f"""Extraction du logiciel X

Société;N° SIRET;Rue;CP;Commune;Tél.;Bidule dont personne ne sait plus à quoi il servait;Relation;Étiquettes
Menuiserie Riou;73282932000074;12 rue du Port;29200;Brest;02 98 00 11 22;x;client;Fidèle
{LONG};;4 quai de la Fosse;44000;Nantes;+1 202 555 0156;;prospect;
Charpentes Le Gall;73282932000075;Kergaradec;29850;Gouesnou;12;;inconnu;VIP
=CALCUL(1);;;;;;;;
""".replace("\n", "\r\n").encode("cp1252")


def an_import(by: User, *, state: ImportState) -> int:
    batch = actions.receive(CompanyResource, ContentFile(FILE), f"{LONG}.csv", by=by)
    if state != ImportState.MAPPING:
        plan = actions.Plan.of(batch.plan)
        plan.key = "siret"
        batch.plan = plan.as_json()
        actions.check_now(batch)
        batch.save()
    if state == ImportState.DONE:
        actions.commit_now(batch, by)
    return batch.pk


def jobs_of_every_state(by: User) -> int:
    now = timezone.now()
    for state in JobState:
        running, ended = state == JobState.RUNNING, state not in UNFINISHED
        job = Job.objects.create(
            kind="export", label=LONG, owner=by, state=state, started_at=now, heartbeat_at=now, total=100, done=40,
            finished_at=now if ended else None, message="12 000 lignes" if ended or running else "",
            result_url=LIST if state == JobState.DONE else "",
        )  # fmt: skip
    return job.pk


def mails_of_every_state() -> None:
    for state in MailState:
        OutgoingMail.objects.create(
            key=f"essai:{state}", recipient=f"une.adresse.vraiment.longue.{state}@charpentes-riou-et-fils.example",
            sender="x@exemple.fr", subject=LONG, text="Bonjour", state=state, message_id=f"<{state}@exemple.fr>",
            error="Boîte pleine" if state == MailState.FAILED else "",
            sent_at=timezone.now() - timedelta(days=1) if state == MailState.SENT else None,
        )  # fmt: skip


def an_extraction(by: User) -> int:
    row = recording.begin(
        CompanyResource, by, way=Way.EXPORT, origin=Origin("crm-company-export", "192.0.2.7"), format="csv",
        columns=["name", "city", "owner", "tags"], words=f"Recherche : {LONG}", params={"q": ["riou"]},
    )  # fmt: skip
    recording.finish(row, outcome=Outcome.COMPLETE, rows=12, size=34_567, sha256="ab" * 32)
    return row.pk


def pages(instance) -> Iterator[State]:
    with instance.rows():
        admin = User.objects.get(email=f"admin@{instance.client.code}.example")
        mapping, ready, done = (
            an_import(admin, state=state) for state in (ImportState.MAPPING, ImportState.READY, ImportState.DONE)
        )
        job, extraction = jobs_of_every_state(admin), an_extraction(admin)
        mails_of_every_state()
    yield "import, file", f"{LIST}import/", None
    yield "import, columns", f"/imports/{mapping}/columns/", None
    yield "import, how it is read", "", lambda page: page.get_by_text("Lire autrement").click()
    yield "import, result", f"/imports/{ready}/", None
    yield "import, refused lines", "", press("Refusées", "link")
    yield "import, done", f"/imports/{done}/", None
    yield "imports", "/imports/", None
    yield "export", f"{LIST}export/", None
    yield "extractions", "/extractions/", None
    yield "an extraction", f"/extractions/{extraction}/", None
    yield "jobs", "/jobs/", None
    yield "a job that was interrupted", f"/jobs/{job}/", None
    yield "mails", "/mail/", None
    yield "mails, sender", "/mail/settings/", None
    yield "preferences", "/notifications/preferences/", None


def test_the_kernels_pages(instance):
    instance.enter("administrator", "/")
    walk(instance, pages(instance))


def test_on_a_phone_a_message_leaves_the_bar_of_the_selection_free(instance):
    instance.page.set_viewport_size({"width": 390, "height": 844})
    with instance.rows():
        Company.objects.bulk_create([Company(name=f"Maison {n:03d}") for n in range(9)])
    page = instance.page
    instance.enter("sales", LIST)
    tick(1)(page)
    page.locator(".bulkbar").get_by_role("button", name="Supprimer").click()
    page.locator("dialog[open]").get_by_role("button", name="Supprimer").click()
    expect(page.locator(".toast")).to_be_visible()
    tick(3)(page)
    toast, bar = (page.locator(name).bounding_box() for name in (".toast", ".bulkbar"))
    assert toast["y"] + toast["height"] <= bar["y"], (toast, bar)
