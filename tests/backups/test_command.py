"""manage.py backup, and the client's list."""

import datetime as dt
import io
import json

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from django_tenants.utils import tenant_context

from backups import catalogue, status, tasks
from backups.actions import back_up
from backups.models import Backup, Trigger
from backups.views import backups_of, rows_of
from crm.models import Company
from tenants.models import Client
from tenants.provisioning import create_client, delete_client


def run(*words):
    out = io.StringIO()
    call_command("backup", *words, stdout=out, stderr=out)
    return out.getvalue()


def test_the_life_of_a_backup(client_with_data, companies):
    code = client_with_data.code
    assert run("list") == "Aucune sauvegarde.\n"
    said = run("full", code)
    backup = Backup.objects.get()
    assert said.startswith(f"{code} : sauvegarde n° {backup.seq} vérifiée en ")
    assert "3 fichier(s)" in said
    assert "Complète" in run("list", code)
    assert f"sauvegarde n° {backup.seq} intacte" in run("verify", "latest", str(backup.seq))
    with tenant_context(client_with_data):
        Company.objects.all().delete()
    said = run("restore", code, "--yes")
    assert f"{code} restauré de la sauvegarde n° {backup.seq}" in said
    assert f"b2o_before_{client_with_data.pk}_1" in said
    assert companies(client_with_data) == 40
    assert "comme avant sa restauration" in run("undo", code, "--yes")
    assert companies(client_with_data) == 0


def test_a_new_client_and_a_deleted_one(client_with_data, look, companies):
    code, name = client_with_data.code, look.later(f"{client_with_data.code}-deux")
    run("full", code)
    assert f"sur {name}.localhost" in run("restore", code, "--as", name)
    delete_client(client_with_data)
    assert "restauré" in run("restore", code)
    assert companies(Client.objects.get(code=code)) == 40


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["full"], "Donnez un client, ou --all"),
        (["full", "nobody"], "Aucun client « nobody »"),
        (["verify", "999"], "Aucune sauvegarde n° 999"),
        (["verify", "x"], "Aucune sauvegarde n° x"),
        (["verify", "latest"], "Aucune sauvegarde à vérifier"),
        (["restore", "nobody"], "Aucune sauvegarde de « nobody » ne peut être restaurée"),
        (["restore", "nobody", "--backup", "7"], "Aucune sauvegarde n° 7"),
    ],
)
def test_what_it_refuses(committed, words, message):
    with pytest.raises(CommandError, match=message):
        run(*words)


def test_it_asks_before_it_replaces(client_with_data, monkeypatch, companies):
    run("full", client_with_data.code)
    monkeypatch.setattr("builtins.input", lambda question: "non")
    with pytest.raises(CommandError, match="Rien n’a été changé"):
        run("restore", client_with_data.code)


def test_the_backup_of_another(client_with_data, make_backed_up):
    other = make_backed_up()
    run("full", client_with_data.code)
    with pytest.raises(CommandError, match=f"est de « {client_with_data.code} », pas de « {other.code} »"):
        run("restore", other.code, "--backup", str(Backup.objects.get().seq), "--yes")


def test_status(client_with_data):
    run("full", client_with_data.code)
    said = status.report()
    assert any("vérifiée le" in line for line in said.lines)
    assert not said.alarms
    tomorrow = status.report(timezone.now() + dt.timedelta(days=2))
    assert any("Sans sauvegarde vérifiée" in alarm and client_with_data.code in alarm for alarm in tomorrow.alarms)


def test_the_chain_shows_what_was_changed_or_removed(client_with_data):
    for _ in range(3):
        run("full", client_with_data.code)
    assert catalogue.chain_length() == 3
    middle = Backup.objects.order_by("seq")[1]
    Backup.objects.filter(pk=middle.pk).update(manifest_sha256="0" * 64)
    assert catalogue.chain_length() is None
    Backup.objects.filter(pk=middle.pk).update(manifest_sha256=middle.manifest_sha256)
    assert catalogue.chain_length() == 3
    Backup.objects.filter(pk=middle.pk).delete()
    with pytest.raises(CommandError, match="chaîne du catalogue est rompue"):
        run("status")


def test_a_catalogue_that_lost_its_last_rows_is_still_a_chain_but_not_the_one_that_was_copied(client_with_data, vault):
    first = back_up(client_with_data, trigger=Trigger.MANUAL)
    last = back_up(client_with_data, trigger=Trigger.MANUAL)
    tasks.housekeeping.delay()
    (kept,) = (vault / "catalogue").glob("*.json")
    assert run("status")
    Backup.objects.filter(pk=last.pk).delete()
    assert catalogue.chain_length() == 1  # nothing of the chain itself shows it
    with pytest.raises(CommandError, match="a perdu ses dernières lignes : 1 chaînons, la copie en connaît 2"):
        run("status")
    tasks.housekeeping.delay()  # does not replace the copy that tells
    assert json.loads(kept.read_text())["length"] == 2
    kept.write_text(json.dumps({"length": 1, "head": first.hash}))
    with pytest.raises(CommandError, match="La copie de la tête du catalogue"):
        run("status")
    assert run("head", "--accept").startswith("Catalogue : 1 chaînon")  # after a disaster, someone says so
    assert run("status")


def test_what_a_client_sees(client_with_data, make_backed_up, look):
    run("full", client_with_data.code)
    run("full", make_backed_up().code)
    (row,) = rows_of(client_with_data.schema_name)
    assert (row["kind"], row["state"], row["tone"], row["verified"]) == ("Complète", "Vérifiée", "success", True)
    delete_client(client_with_data)
    namesake = create_client(client_with_data.code, "Homonyme")
    assert backups_of(namesake.schema_name) == []
    with pytest.raises(CommandError, match="ne peut être restaurée"):
        run("restore", namesake.code, "--yes")
