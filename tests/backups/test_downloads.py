"""A backup taken out as an archive: what it holds, for whom, how often, how long, and who is refused."""

import csv
import datetime as dt
import hashlib
import io
import json
import zipfile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.utils import timezone
from django_tenants.utils import tenant_context

from backups import downloads, erasures, reach
from backups.actions import back_up, manifest_of
from backups.engine.media import DOWNLOADS
from backups.models import Backup, Download, DownloadFetch, ErasureKind, Kind, Trigger
from core.accounts.models import Designation
from core.attachments.actions import attach
from core.models import Extraction, Job, Note
from crm.models import Company, Contact
from crm.resources import CompanyResource
from tenants.storage import media_folder
from tests.conftest import add_people, visitor


@pytest.fixture
def backup(client_with_data, look):
    """Noon's increment of a client with a note, a file, a formula, and a company that leaves afterwards."""
    add_people(client_with_data)
    back_up(client_with_data, trigger=Trigger.NIGHTLY)
    admin = look.person(client_with_data)
    with tenant_context(client_with_data):
        first = Company.objects.order_by("pk").first()
        Company.objects.filter(pk=first.pk).update(name="=1+1", credit_limit=1234)
        Contact.objects.create(last_name="Zygmuntowicz", company=Company.objects.order_by("pk").last())
        Note.objects.create(model="crm.company", object_id=first.pk, text="à rappeler", author=admin)
        attach(first, [SimpleUploadedFile("devis.txt", b"Bon pour accord")], by=admin)
    made = back_up(client_with_data, trigger=Trigger.MANUAL, kind=Kind.INCREMENT)
    with tenant_context(client_with_data):
        Company.objects.filter(pk=first.pk).delete()
    return made


@pytest.fixture
def browser_of(client_with_data, look):
    def signed(role):
        browser = visitor(client_with_data)
        with tenant_context(client_with_data):
            browser.force_login(look.person(client_with_data, role))
        return browser

    return signed


def asked(client, browser, backup):
    response = browser.post(f"/backups/{backup.pk}/download/")
    assert response.status_code == 302, response.content
    with tenant_context(client):
        return Job.objects.get(pk=int(response["Location"].strip("/").split("/")[-1]))


def link_of(browser, url):
    page = browser.get(url).content.decode()
    return page.split('href="/backups/archive/')[1].split('"')[0] if "/backups/archive/" in page else ""


def test_an_administrator_opens_it_without_us(client_with_data, backup, browser_of):
    browser = browser_of("admin")
    assert f"/backups/{backup.pk}/" in browser.get("/backups/").content.decode()
    assert f"/backups/{backup.pk}/download/" in browser.get(f"/backups/{backup.pk}/").content.decode()
    assert "Sociétés" in browser.get(f"/backups/{backup.pk}/download/").content.decode()
    job = asked(client_with_data, browser, backup)
    assert job.state == "done"
    assert job.done > 80  # rows and files, as they were written
    answer = browser.get(f"/backups/archive/{link_of(browser, job.result_url)}")
    assert answer["Cache-Control"] == "private, no-store"
    content = b"".join(answer.streaming_content)
    archive = zipfile.ZipFile(io.BytesIO(content))
    assert archive.testzip() is None
    sums = dict(reversed(line.split("  ")) for line in archive.read("SHA256SUMS").decode().splitlines())
    assert set(sums) == set(archive.namelist()) - {"SHA256SUMS"}
    assert all(hashlib.sha256(archive.read(name)).hexdigest() == digest for name, digest in sums.items())
    sheet = csv.reader(io.StringIO(archive.read("tables/crm.company.csv").decode("utf-8-sig")), delimiter=";")
    head, *rows = sheet
    assert len(rows) == 40
    first = dict(zip(head, rows[0], strict=True))
    assert (first["Nom"], first["Encours autorisé"]) == ("'=1+1", "1234,00")
    lines = [json.loads(line) for line in archive.read("tables/crm.company.jsonl").decode().splitlines()]
    assert (lines[0]["name"], lines[0]["credit_limit"]) == ("=1+1", "1234.00")
    assert json.loads(archive.read("tables/core.note.jsonl"))["text"] == "à rappeler"
    assert "Zygmuntowicz" in archive.read("tables/crm.contact.csv").decode()
    kept = json.loads(archive.read("tables/core.attachment.jsonl"))
    assert archive.read(f"files/{kept['file']}") == b"Bon pour accord"
    assert b'"Soci' in archive.read("history.jsonl")
    told = json.loads(archive.read("description.json"))["crm.company"]
    assert told["fields"]["relation"]["choices"]["prospect"] == "Prospect"
    tables = {name.removeprefix("tables/").removesuffix(".csv") for name in archive.namelist() if name.endswith(".csv")}
    kernel = {"core.note", "core.attachment", "core.tagging", "core.tag", "accounts.user"}
    assert {name for name in tables if not name.startswith("crm.")} == kernel
    people = archive.read("tables/accounts.user.jsonl").decode()
    assert f"admin@{client_with_data.code}.example" in people
    assert "password" not in people
    whole = b"".join(archive.read(name) for name in archive.namelist())
    assert b"pbkdf2" not in whole
    assert b"argon2" not in whole
    with tenant_context(client_with_data):
        rows = Extraction.objects.filter(words__startswith=f"Sauvegarde n° {backup.pk}")
        assert {row.resource for row in rows} >= {"crm.company", "crm.contact"}
        said = rows.get(resource="crm.company").end
        assert (said.rows, said.sha256) == (40, sums["tables/crm.company.csv"])
    download = Download.objects.get()
    assert download.sha256 == hashlib.sha256(content).hexdigest()
    assert DownloadFetch.objects.get().download == download


def test_what_was_erased_since_and_what_the_person_may_not_see_are_not_in_it(
    client_with_data, backup, look, browser_of
):
    with tenant_context(client_with_data), transaction.atomic():
        person = Contact.objects.get(last_name="Zygmuntowicz")
        Contact.objects.filter(pk=person.pk).delete()
        erasures.journal(ErasureKind.ERASE, "crm.contact", person.pk)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(CompanyResource, "hidden_from", classmethod(lambda cls, user: frozenset({"credit_limit"})))
        admin = look.person(client_with_data)
        with tenant_context(client_with_data):
            made = downloads.make(client_with_data, backup, by=admin, origin=downloads.Origin("test"),
                                  total=lambda count: None, advance=lambda count: None)  # fmt: skip
    path = media_folder(client_with_data.schema_name) / DOWNLOADS / made.file
    archive = zipfile.ZipFile(path)
    assert made.silent == ["crm.company.credit_limit"]
    assert "credit_limit" not in archive.read("tables/crm.company.jsonl").decode()
    assert "credit_limit" not in archive.read("history.jsonl").decode()
    assert "1234" not in archive.read("tables/crm.company.csv").decode()
    assert person.last_name not in archive.read("tables/crm.contact.csv").decode()
    assert person.last_name not in archive.read("history.jsonl").decode()
    assert "crm.company.credit_limit" in archive.read("LISEZMOI.txt").decode()
    # No backup holds an archive.
    again = back_up(client_with_data, trigger=Trigger.MANUAL)
    assert manifest_of(again).file_count == manifest_of(backup).file_count


def test_a_reserved_module_asks_for_a_designation(client_with_data, backup, look, browser_of, monkeypatch):
    """As the HR lists will: the module is named, and only who is designated in writing takes it out (R18)."""
    monkeypatch.setattr(reach, "DESIGNATED", {"crm": "hr"})
    admin, browser = look.person(client_with_data), browser_of("admin")
    assert browser.post(f"/backups/{backup.pk}/download/").status_code == 403
    assert "aucune liste" in browser.get(f"/backups/{backup.pk}/download/").content.decode()
    today = timezone.localdate()
    with tenant_context(client_with_data):
        act = Designation.objects.create(
            person=admin, domain="hr", signed_by="Anne Morvan", signed_on=today, starts_on=today, recorded_by=admin
        )
    job = asked(client_with_data, browser, backup)
    assert job.state == "done"
    link = link_of(browser, job.result_url)
    with tenant_context(client_with_data):
        Designation.objects.filter(pk=act.pk).update(
            starts_on=today - dt.timedelta(days=9), ends_on=today - dt.timedelta(days=1)
        )
    assert browser.get(f"/backups/archive/{link}").status_code == 403  # rights are asked again at the door


def test_who_is_refused_and_when_it_is_over(client_with_data, backup, browser_of, make_backed_up, monkeypatch):
    for role in ("sales", "reader"):
        assert browser_of(role).post(f"/backups/{backup.pk}/download/").status_code == 403
    browser = browser_of("admin")
    other = back_up(make_backed_up(), trigger=Trigger.MANUAL)
    assert browser.post(f"/backups/{other.pk}/download/").status_code == 404
    job = asked(client_with_data, browser, backup)
    link = link_of(browser, job.result_url)
    assert browser_of("sales").get(f"/backups/archive/{link}").status_code == 403
    assert browser.get(f"/backups/archive/{link[:-2]}x/").status_code == 404
    with monkeypatch.context() as patch:
        patch.setattr(downloads, "LINK_LIVES", -1)
        assert browser.get(f"/backups/archive/{link}").status_code == 410
    for _time in range(5):
        assert browser.get(f"/backups/archive/{link}").status_code == 200
    refused = browser.get(f"/backups/archive/{link}")
    assert refused.status_code == 410
    assert "remise 5 fois" in refused.content.decode()
    assert not link_of(browser, job.result_url)
    with pytest.raises(IntegrityError), transaction.atomic():  # the database counts too
        DownloadFetch.objects.create(download=Download.objects.get(), number=6, person=1)
    Download.objects.update(made_at=timezone.now() - dt.timedelta(hours=25))
    path = media_folder(client_with_data.schema_name) / DOWNLOADS / Download.objects.get().file
    assert path.is_file()
    monkeypatch.setattr(downloads.time, "time", lambda: timezone.now().timestamp() + 90_000)
    assert downloads.sweep() >= 1
    assert not path.exists()
    assert Download.objects.get().removed_at
    assert Backup.objects.filter(pk=backup.pk).exists()
