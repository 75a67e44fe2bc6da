"""A client leaves with everything that is theirs; nothing is destroyed before a signed receipt and its delay (R29)."""

import csv
import datetime as dt
import hashlib
import io
import json
import zipfile

import psycopg
import pytest
from celery.exceptions import Retry
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.test import Client as HttpClient
from django_tenants.utils import schema_context, tenant_context

from core.accounts.models import User
from crm.models import Company
from tenants.documents import vendor_storage
from tenants.middleware import forget_hosts
from tenants.models import Client, State
from tenants.states import set_state
from tenants.storage import media_folder
from tests.conftest import visitor
from tests.tenants.conftest import scan, today, with_factor
from vendor import exits
from vendor.models import Exit
from vendor.tasks import AGAIN, export_client


@pytest.fixture
def leaver(make_client):
    """A client on the way out, with a company and a file; really committed."""
    client = make_client("sortant")
    with tenant_context(client):
        Company.objects.create(name='Menuiserie "Dupont", Brest', city="Brest")
        default_storage.save("pieces/plan.txt", ContentFile("été".encode()))
    set_state(client, State.LEAVING)
    forget_hosts()
    yield client
    with schema_context("public"):
        Exit.objects.all().delete()
    forget_hosts()


@pytest.fixture
def staff(committed):
    with schema_context("public"):
        person = User.objects.create_user("sorties@b2o.example", is_staff=True, first_name="Équipe", last_name="Ops")
        browser = HttpClient(headers={"host": "ops.localhost"})
        with_factor(person)
        browser.force_login(person)
    yield browser
    with schema_context("public"), connection.cursor() as cursor:
        cursor.execute("DELETE FROM public.django_admin_log WHERE user_id = %s", [person.pk])
        cursor.execute("DELETE FROM public.mfa_authenticator WHERE user_id = %s", [person.pk])
        cursor.execute("DELETE FROM public.accounts_user WHERE id = %s", [person.pk])


def archive(leaving: Exit) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(vendor_storage.open(leaving.archive).read()))


def signed(leaving: Exit) -> Exit:
    leaving.receipt_signatory, leaving.receipt_signed_on, leaving.receipt_document = "Anne Duval", today(), scan()
    exits.sign(leaving)
    return leaving


def matured(leaving: Exit) -> Exit:
    """As if the delay were over."""
    past = today() - dt.timedelta(days=31)
    Exit.objects.filter(pk=leaving.pk).update(receipt_signed_on=past, destroy_on=today())
    leaving.refresh_from_db()
    return leaving


def test_a_client_leaves_with_everything_and_the_rest_is_destroyed(leaver, staff):
    answer = staff.post(f"/admin/vendor/exit/begin/{leaver.pk}/")
    leaving = Exit.objects.get()
    assert answer["Location"] == f"/admin/vendor/exit/{leaving.pk}/change/"
    assert leaving.client.state == State.CLOSED and leaving.begun_by == "Équipe Ops" and leaving.exported_at
    forget_hosts()

    # The administrators of the closed instance take what is theirs; nobody else does.
    assert visitor(leaver).get("/crm/companies/").status_code == 503
    assert visitor(leaver).get("/sortie/").status_code == 302
    browsers = {}
    for name in ("admin", "sales"):
        browsers[name] = visitor(leaver)
        with tenant_context(leaver):
            browsers[name].force_login(User.objects.get(email=f"{name}@sortant.example"))
    assert browsers["sales"].get("/sortie/").status_code == 403
    assert browsers["sales"].post("/sortie/archive/").status_code == 403
    page = browsers["admin"].get("/sortie/").content.decode()
    assert leaving.archive_sha256 in page
    body = b"".join(browsers["admin"].post("/sortie/archive/").streaming_content)
    assert hashlib.sha256(body).hexdigest() == leaving.archive_sha256 and len(body) == leaving.archive_size
    assert browsers["admin"].get("/sortie/recu/").content.startswith(b"%PDF-")
    leaving.refresh_from_db()
    assert leaving.downloaded_by == "Admin Test"

    # The receipt, its delay, the destruction and its certificate.
    address = f"/admin/vendor/exit/{leaving.pk}/change/"
    day = today().strftime("%d/%m/%Y")
    empty = {"receipt_signatory": "Anne Duval", "receipt_signed_on": day, "stop_reason": ""}
    assert staff.post(address, empty).status_code == 200  # without its scan
    assert staff.post(address, empty | {"receipt_document": scan()}).status_code == 302
    leaving.refresh_from_db()
    assert leaving.destroy_on == today() + dt.timedelta(days=30)
    assert exits.destroy_due() == []
    path, folder = vendor_storage.path(leaving.archive), media_folder("sortant")
    assert folder.exists()
    assert exits.destroy_due() == [] and [done.pk for done in (matured(leaving), *exits.destroy_due())]
    leaving.refresh_from_db()
    leaver.refresh_from_db()
    assert leaver.destroyed_at and leaving.destroyed_on == today() and leaving.backups_until is None
    assert not folder.exists() and not vendor_storage.exists(path)
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regnamespace('sortant') IS NULL")
        assert cursor.fetchone()[0]
    paper = b"".join(staff.get(f"/admin/vendor/exit/{leaving.pk}/certificate/").streaming_content)
    assert hashlib.sha256(paper).hexdigest() == leaving.certificate_sha256
    forget_hosts()
    assert visitor(leaver).get("/").status_code == 404
    assert staff.get("/admin/").status_code == 200  # the fleet still counts it


def test_what_is_being_written_when_the_instance_closes_is_in_the_archive(leaver, monkeypatch):
    """An import, say, that began before: the export waits for its end, by the task as by the command."""
    leaving = exits.begin(leaver, by="Ops")
    given = connection.get_connection_params()
    kept = {name: given[name] for name in ("host", "port", "dbname", "user", "password") if given.get(name)}
    with psycopg.connect(**kept) as other:
        other.execute("UPDATE sortant.crm_company SET city = 'Douarnenez'")
        with pytest.raises(exits.StillWritten, match="n’est pas finie"):
            exits.export(leaving)
        again: list[int] = []
        monkeypatch.setattr(export_client, "retry", lambda **how: again.append(how["countdown"]) or Retry())
        with schema_context("public"), pytest.raises(Retry):
            export_client.delay(leaving.pk)
        assert again == [AGAIN]
        assert not leaving.exported_at
    exits.export(leaving)
    with archive(leaving) as made:
        assert "Douarnenez" in made.read("csv/crm_company.csv").decode()


def test_the_archive_is_complete_described_and_without_secrets(leaver):
    leaving = exits.begin(leaver, by="Ops")
    exits.export(leaving)
    with archive(leaving) as given:
        manifest = json.loads(given.read("manifest.json"))
        company = manifest["tables"]["crm_company"]
        assert company["rows"] == 1 and company["columns"]["city"] == "ville"
        (row,) = csv.DictReader(io.StringIO(given.read("csv/crm_company.csv").decode()))
        assert row["name"] == 'Menuiserie "Dupont", Brest' and "search" not in row
        assert json.loads(given.read("json/crm_company.jsonl"))["name"] == row["name"]
        assert given.read("files/pieces/plan.txt").decode() == "été"
        for name, table in manifest["tables"].items():
            for kind, end in (("csv", "csv"), ("json", "jsonl")):
                digest = hashlib.sha256(given.read(f"{kind}/{name}.{end}")).hexdigest()
                assert digest == table[f"{kind}_sha256"], name
        names = given.namelist()
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'sortant'::regnamespace"
            )
            domain = {name for (name,) in cursor.fetchall() if name.startswith(("crm_", "core_", "accounts_"))}
        assert domain - set(manifest["tables"]) == {"accounts_invitationlink", "core_formdraft"}
        assert not [name for name in names if "session" in name or "mfa" in name]
        everything = b"".join(given.read(name) for name in names)
    with tenant_context(leaver):
        passwords = [password.encode() for password in User.objects.values_list("password", flat=True)]
    assert passwords and not any(password in everything for password in passwords)


def test_a_destruction_can_be_stopped_and_the_instance_opens_again(leaver, staff):
    leaving = exits.begin(leaver, by="Ops")
    exits.export(leaving)
    matured(signed(leaving))
    address = f"/admin/vendor/exit/{leaving.pk}/change/"
    assert staff.post(address, {"stop_reason": "Le client reste"}).status_code == 302
    leaving.refresh_from_db()
    assert leaving.stopped_by == "Équipe Ops"
    assert exits.destroy_due() == []
    with pytest.raises(ValidationError):
        exits.destroy(leaving)
    forget_hosts()
    assert Client.objects.get(pk=leaver.pk).state == State.LEAVING
    assert visitor(leaver).get("/account/login/").status_code == 200
    assert exits.begin(Client.objects.get(pk=leaver.pk), by="Ops").runs  # and can begin again


def test_nothing_begins_while_a_contract_runs_nor_ends_before_its_time(leaver, erased_contracts):
    contract = erased_contracts(leaver)
    with pytest.raises(ValidationError, match="court encore"):
        exits.begin(leaver, by="Ops")
    assert contract.ends_on is None


def test_the_database_refuses_a_destruction_without_its_papers(leaver):
    leaving = exits.begin(leaver, by="Ops")
    with pytest.raises(ValidationError, match="pas encore d’export"):
        exits.sign(leaving)
    with pytest.raises(ValidationError, match="reçu signé"):
        exits.destroy(leaving)
    wrong = (
        {"destroyed_at": leaving.begun_at, "destroyed_on": today(), "certificate_sha256": "x"},
        {"receipt_signed_on": today(), "receipt_signatory": "X", "receipt_document": "y", "destroy_on": today()},
        {"stopped_at": leaving.begun_at},
    )
    for values in wrong:
        with pytest.raises(IntegrityError), transaction.atomic():
            Exit.objects.filter(pk=leaving.pk).update(**values)
    with pytest.raises(IntegrityError), transaction.atomic():
        Exit.objects.create(client=leaver, begun_by="Ops")


def test_a_failed_export_says_why_and_can_be_made_again(leaver, monkeypatch):
    leaving = exits.begin(leaver, by="Ops")
    with monkeypatch.context() as patch:
        patch.setattr(exits, "write_archive", lambda *args, **kwargs: (_ for _ in ()).throw(OSError("disque plein")))
        with pytest.raises(OSError, match="disque plein"):
            exits.export(leaving)
    leaving.refresh_from_db()
    assert leaving.error == "disque plein" and leaving.exported_at is None
    exits.export(leaving)
    first = leaving.archive
    exits.export(leaving)
    assert leaving.error == "" and not vendor_storage.exists(first) and vendor_storage.exists(leaving.archive)


def test_the_key_of_the_backups_goes_with_the_client_and_their_bytes_at_their_term(leaver):
    from backups import retention
    from backups.actions import back_up
    from backups.keyring import keyring
    from backups.models import Backup, Trigger

    with schema_context("public"):
        kept = back_up(leaver, trigger=Trigger.MANUAL)
        key = keyring()._of(leaver.pk, "age")
        assert key.exists()
        leaving = exits.begin(leaver, by="Ops")
        exits.export(leaving)
        exits.destroy(matured(signed(leaving)))
        assert not key.exists() and leaving.backups_until == retention.kept_until(kept.slot)
        rows = list(Backup.objects.of(client_id=leaver.pk))
        assert retention._not_expired(rows, leaving.backups_until) == {kept.pk}
        assert retention._not_expired(rows, leaving.backups_until + dt.timedelta(days=1)) == set()
        Backup.objects.filter(pk=kept.pk).delete()


def test_the_whole_exit_by_command(leaver, tmp_path):
    paper = tmp_path / "recu.pdf"
    paper.write_bytes(scan().read())
    with schema_context("public"):
        call_command("exit", "begin", "sortant", "--by", "Anne Ops", stdout=io.StringIO())
        leaving = Exit.objects.get(client=leaver)
        assert leaving.begun_by == "Anne Ops (commande)" and len(archive(leaving).namelist()) > 10
        day = today().isoformat()
        call_command(
            "exit", "sign", "sortant", "--signatory", "Anne Duval", "--signed-on", day, "--document", str(paper),
            stdout=io.StringIO(),
        )  # fmt: skip
        with pytest.raises(CommandError):
            call_command("exit", "destroy", "sortant", stdout=io.StringIO())
        leaving.refresh_from_db()
        matured(leaving)
        call_command("exit", "destroy", "sortant", stdout=io.StringIO())
        call_command("exit", "certificate", "sortant", "--to", str(tmp_path / "c.pdf"), stdout=io.StringIO())
    assert (tmp_path / "c.pdf").read_bytes().startswith(b"%PDF-")
