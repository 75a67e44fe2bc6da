"""An increment and its full restore to what was there: every kind of change, and what forces a full."""

import pytest
from django_tenants.utils import tenant_context

from backups import actions, catalogue, postgres
from backups.actions import back_up, manifest_of
from backups.engine import delta, manifest, snapshot
from backups.errors import BackupError, Damaged
from backups.models import Backup, Kind, State, Trigger
from backups.restoring import put_back, restore_as, restore_over
from crm.models import Company, Contact


@pytest.fixture
def full(client_with_data):
    return back_up(client_with_data, trigger=Trigger.NIGHTLY)


def increment(client):
    return back_up(client, trigger=Trigger.MANUAL, kind=Kind.INCREMENT)


def held_of(backup):
    """The tables that a backup holds rows of, by mode."""
    made = manifest_of(backup)
    return {change.table.name: change.mode for change in made.changes}


def test_what_was_entered_changed_and_removed(client_with_data, full, look):
    with tenant_context(client_with_data):
        Company.objects.filter(name__contains="3").delete()
        Company.objects.filter(name__contains="2").update(note="changée à midi")
        Company.objects.create(name="Nouvelle à midi")
    before, kept = look.content(client_with_data), look.files(client_with_data)
    made = increment(client_with_data)
    assert (made.kind, made.state, made.parent_id, made.note) == ("increment", "verified", full.seq, "")
    assert held_of(made)["crm_company"] == "changed"
    assert held_of(made)["core_event"] == "added"  # it only grew: what the full has of it is still exact
    assert "core_role" not in held_of(made)
    assert made.rows == sum(count for count, *_sums in before["rows"].values())
    with tenant_context(client_with_data):
        Contact.objects.all().delete()
    restore_over(client_with_data, made)
    assert look.content(client_with_data) == before
    done = restore_as(look.later(client_with_data.code + "-bis"), made)
    assert look.content(done.client) == before
    assert look.files(done.client) == kept


def test_keys_that_only_left(client_with_data, full, look):
    """Nothing new to carry: the keys alone say what went."""
    with postgres.connect() as own:
        own.execute(f"DELETE FROM {client_with_data.schema_name}.django_session")
        own.execute(f"TRUNCATE {client_with_data.schema_name}.crm_contact CASCADE")
    before = look.content(client_with_data)
    made = increment(client_with_data)
    assert before["rows"]["crm_contact"][0] == 0
    restore_over(client_with_data, made)
    assert look.content(client_with_data) == before


def test_as_many_rows_came_as_left(client_with_data, full, look):
    """A table that lost a row for each two that came did not only grow."""
    with tenant_context(client_with_data):
        Company.objects.order_by("-pk").first().delete()
        Company.objects.bulk_create([Company(name="Une"), Company(name="Deux")])
    before = look.content(client_with_data)
    made = increment(client_with_data)
    assert held_of(made)["crm_company"] == "changed"
    restore_over(client_with_data, made)
    assert look.content(client_with_data) == before


def test_every_increment_completes_the_full_not_the_one_before(client_with_data, full, look):
    with tenant_context(client_with_data):
        Company.objects.create(name="Matin")
    first = increment(client_with_data)
    with tenant_context(client_with_data):
        Company.objects.create(name="Après-midi")
    second = increment(client_with_data)
    assert {first.parent_id, second.parent_id} == {full.seq}
    before = look.content(client_with_data)
    restore_over(client_with_data, second)
    assert look.content(client_with_data) == before


def test_an_undone_restore_leaves_the_full_with_other_tables(client_with_data, look):
    """The tables of now are older than the full, and none of its rows is theirs (test_torture.py has the tables alone)."""
    old = back_up(client_with_data, trigger=Trigger.MANUAL)
    with tenant_context(client_with_data):
        Company.objects.all().delete()
    restore_over(client_with_data, old)
    back_up(client_with_data, trigger=Trigger.NIGHTLY)
    put_back(client_with_data)
    before = look.content(client_with_data)
    made = increment(client_with_data)
    assert made.kind == Kind.INCREMENT or "définition" in made.note
    restore_over(client_with_data, made)
    assert look.content(client_with_data) == before


def test_a_backup_whose_sums_are_of_the_rows_text_is_restored_and_completed_by_a_full(
    client_with_data, look, monkeypatch
):
    """As they were taken before 2026-11-27."""
    before = look.content(client_with_data)
    with monkeypatch.context() as patch:
        patch.setattr(snapshot, "_HASHED", {**snapshot._HASHED, snapshot.RECORD: snapshot._HASHED[snapshot.TEXT]})
        patch.setattr(snapshot, "RECORD", snapshot.TEXT)
        old = back_up(client_with_data, trigger=Trigger.NIGHTLY)
    assert manifest_of(old).hashing == snapshot.TEXT and old.state == State.VERIFIED
    made = increment(client_with_data)
    assert (made.kind, made.state) == ("full", "verified") and "sommes" in made.note
    assert manifest_of(made).hashing == snapshot.RECORD and manifest_of(made).sums != manifest_of(old).sums
    restore_over(client_with_data, old)
    assert look.content(client_with_data) == before


def test_the_first_at_noon_is_a_full(client_with_data):
    made = back_up(client_with_data, trigger=Trigger.NOON)
    assert (made.kind, made.parent_id) == ("full", None)
    assert made.note == "Complète : il n’y en a pas de vérifiée à compléter."


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("system_id", "1", "sur un autre serveur"),
        ("timeline", 7, "instant antérieur"),
        ("postmaster_start", "2020-01-01 00:00:00+00", "PostgreSQL a redémarré"),
        ("fingerprint", "x", "changé de définition"),
        ("horizon", str(-(2**31)), "trop de transactions"),
    ],
)
def test_where_an_increment_would_not_be_exact_a_full_is_made(client_with_data, full, monkeypatch, name, value, reason):
    read = manifest.read

    def changed(*args):
        made = read(*args)
        made.raw[name] = value
        return made

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(actions.manifest, "read", changed)
        patch.setattr(actions, "_verify", lambda backup: None)
        made = increment(client_with_data)
    assert (made.kind, made.state, made.parent_id) == ("full", "stored", None)
    assert reason in made.note


def test_a_changed_definition_makes_a_full(client_with_data, full, sql, look):
    sql.execute(f"ALTER TABLE {client_with_data.schema_name}.crm_company ADD COLUMN extra int DEFAULT 4")
    made = back_up(client_with_data, trigger=Trigger.NOON)
    assert (made.kind, made.state) == ("full", "verified")
    assert made.note == "Complète : les tables ont changé de définition."


def test_an_increment_without_its_full_is_refused(client_with_data, full, vault):
    with tenant_context(client_with_data):
        Company.objects.create(name="Nouvelle")
    made = increment(client_with_data)
    part = vault / full.path / "data.sql.zst.age"
    sound = part.read_bytes()
    part.write_bytes(sound[:-9])
    with pytest.raises(Damaged, match="abîmée : parent-data"):
        restore_over(client_with_data, made)
    part.unlink()
    with pytest.raises(Damaged, match="Il manque une partie de la sauvegarde : parent-data"):
        restore_over(client_with_data, made)
    part.write_bytes(sound)
    (vault / full.path / "manifest.json").write_text("{}")
    with pytest.raises(BackupError, match="manifeste"):
        restore_over(client_with_data, made)


def test_a_damaged_full_is_not_completed(client_with_data, full):
    catalogue.mark_failed(full, "abîmée")
    assert increment(client_with_data).kind == Kind.FULL
    assert Backup.objects.filter(state=State.VERIFIED).count() == 1


def test_the_horizon_is_two_sided():
    """A row frozen long ago has an age below zero: one side alone would carry all of them each noon."""
    text = delta.recent(str(2**32 + 5), None).as_string(None)
    assert text == "age(xmin) BETWEEN 0 AND (SELECT age('5'::xid))"
