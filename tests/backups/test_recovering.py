"""What was deleted by mistake comes back from a backup; what colleagues entered since stays."""

import pytest
from django_tenants.utils import tenant_context

from backups.actions import back_up
from backups.errors import BackupError
from backups.models import Kind, Trigger
from backups.overwriting import changed, overwrite
from backups.recovering import missing, recover
from backups.rows import model_named
from core.actions.bin import bin_rows
from core.history import screen_label
from core.models import BinnedRow, Event, Note
from crm.models import Company, Contact
from crm.resources import CompanyResource
from tests.conftest import add_people


@pytest.fixture
def noon(client_with_data):
    """A full, then noon's increment with a hundred companies more, each with a contact; two have a note."""
    add_people(client_with_data)
    back_up(client_with_data, trigger=Trigger.NIGHTLY)
    with tenant_context(client_with_data):
        parent = Company.objects.create(name="Maison mère")
        rows = Company.objects.bulk_create([Company(name=f"Midi {n:03}", parent=parent) for n in range(100)])
        Contact.objects.bulk_create([Contact(company=row, last_name=f"Nom {row.name}") for row in rows])
        Note.objects.bulk_create([Note(model="crm.company", object_id=row.pk, text="à rappeler") for row in rows[:2]])
    return back_up(client_with_data, trigger=Trigger.MANUAL, kind=Kind.INCREMENT)


def test_a_hundred_companies_come_back_and_what_was_entered_since_stays(client_with_data, noon, look):
    assert noon.kind == Kind.INCREMENT
    with tenant_context(client_with_data):
        lost = Company.objects.filter(name__startswith="Midi")
        keys = set(lost.values_list("pk", flat=True))
        admin = look.person(client_with_data)
        Note.objects.filter(object_id__in=keys).delete()
        Contact.objects.filter(company__in=keys).delete()
        lost.delete()
        Company.objects.filter(name="Maison mère").delete()
        kept = Company.objects.order_by("pk").first()
        Company.objects.filter(pk=kept.pk).update(note="corrigée depuis midi")
        new = Company.objects.create(name="Entrée depuis midi")
    count, named = missing(client_with_data, noon, Company, limit=10)
    assert (count, len(named), named[0][1]) == (101, 10, "Maison mère")
    done = recover(client_with_data, noon, Company, keys, by=admin)
    assert (done.rows, done.others, done.refused) == (100, 100 + 2 + 1, [])  # contacts, notes, the parent
    with tenant_context(client_with_data):
        assert set(Company.objects.filter(name__startswith="Midi").values_list("pk", flat=True)) == keys
        assert Contact.objects.filter(company__in=keys).count() == 100
        assert Note.objects.filter(model="crm.company", object_id__in=keys).count() == 2
        assert Company.objects.get(pk=kept.pk).note == "corrigée depuis midi"
        assert Company.objects.filter(pk=new.pk).exists()
        event = Event.objects.filter(model="crm.company", object_id=min(keys)).order_by("-pk").first()
        assert (event.kind, event.operation, event.actor_id) == ("created", f"backup:{noon.seq}", admin.pk)
    assert missing(client_with_data, noon, Company, limit=10) == (0, [])


def test_one_row_that_cannot_return_does_not_keep_the_others_away(client_with_data, noon, look):
    with tenant_context(client_with_data):
        first, second = Company.objects.filter(name__startswith="Midi").order_by("pk")[:2]
        Company.objects.filter(pk=first.pk).update(siren="552100554", siret="55210055400013")
    backup = back_up(client_with_data, trigger=Trigger.MANUAL, kind=Kind.INCREMENT)
    with tenant_context(client_with_data):
        Company.objects.filter(pk__in=[first.pk, second.pk]).delete()
        Company.objects.create(name="Même SIRET", siren="552100554", siret="55210055400013")
    done = recover(client_with_data, backup, Company, [first.pk, second.pk])
    assert (done.rows, [name for name, _why in done.refused]) == (1, [first.name])
    assert "a pris sa place" in done.refused[0][1]
    with tenant_context(client_with_data):
        assert not Company.objects.filter(pk=first.pk).exists()
        assert Company.objects.filter(pk=second.pk).exists()


def test_what_is_in_the_bin_is_in_it_no_more_and_links_are_tied_again(client_with_data, noon):
    with tenant_context(client_with_data):
        parent = Company.objects.get(name="Maison mère")
        bin_rows(Company.objects.filter(pk=parent.pk), by=None)
        assert not Company.objects.filter(parent=parent.pk).exists()
        other = Company.objects.create(name="Autre mère")
        moved = Company.objects.get(name="Midi 000")
        Company.objects.filter(pk=moved.pk).update(parent=other)
    done = recover(client_with_data, noon, Company, [parent.pk])
    assert (done.rows, done.relinked) == (1, 99)
    with tenant_context(client_with_data):
        assert Company.objects.filter(parent=parent.pk).count() == 99
        assert Company.objects.get(pk=moved.pk).parent_id == other.pk
        assert not BinnedRow.objects.filter(model="crm.company", object_id=parent.pk).exists()


def test_values_come_back_only_in_rows_that_are_still_as_they_were_shown(client_with_data, noon, look):
    """What a colleague enters between the comparison and the gesture is kept, and said."""
    admin = look.person(client_with_data)
    with tenant_context(client_with_data):
        first, second, gone = Company.objects.filter(name__startswith="Midi").order_by("pk")[:3]
        parent = first.parent
        Company.objects.filter(pk__in=[first.pk, second.pk]).update(name="Autre nom", city="Ailleurs", parent=None)
        Company.objects.filter(pk=gone.pk).update(phone="+33298000000")
    count, rows = changed(client_with_data, noon, CompanyResource, by=admin, limit=2)
    assert (count, [row["key"] for row in rows]) == (3, [first.pk, second.pk])
    assert rows[0]["changes"] == [
        {"label": "Nom", "before": "Autre nom", "after": "Midi 000"},
        {"label": "Ville", "before": "Ailleurs", "after": "—"},
        {"label": "Maison mère", "before": "—", "after": "Maison mère"},
    ]
    with tenant_context(client_with_data):
        Company.objects.filter(pk=second.pk).update(city="Brest")  # a colleague, in between
    stamps = {row["key"]: row["stamp"] for row in rows}
    done = overwrite(client_with_data, noon, CompanyResource, stamps, by=admin)
    assert (done.rows, done.refused) == (1, [("Autre nom", "changée ou supprimée depuis la comparaison")])
    with tenant_context(client_with_data):
        row = Company.objects.get(pk=first.pk)
        assert (row.name, row.city, row.parent_id) == ("Midi 000", "", parent.pk)
        assert row.updated_at > noon.started_at  # it changed now, whatever the backup says
        assert Company.objects.get(pk=second.pk).city == "Brest"
        event = Event.objects.filter(model="crm.company", object_id=first.pk).order_by("-pk").first()
        assert (event.kind, event.operation, event.actor_id) == ("updated", f"backup:{noon.seq}", admin.pk)
        assert screen_label(event) == f"Sauvegarde n° {noon.seq}"


def test_what_the_person_may_not_see_is_neither_compared_nor_changed(client_with_data, noon, look, monkeypatch):
    admin = look.person(client_with_data)
    monkeypatch.setattr(CompanyResource, "hidden_from", classmethod(lambda cls, user: frozenset({"credit_limit"})))
    with tenant_context(client_with_data):
        one, other = Company.objects.filter(name__startswith="Midi").order_by("pk")[:2]
        Company.objects.filter(pk__in=[one.pk, other.pk]).update(credit_limit=5000)
        Company.objects.filter(pk=one.pk).update(city="Ailleurs")
    count, rows = changed(client_with_data, noon, CompanyResource, by=admin, limit=9)
    assert (count, [change["label"] for change in rows[0]["changes"]]) == (1, ["Ville"])
    overwrite(client_with_data, noon, CompanyResource, {one.pk: rows[0]["stamp"]}, by=admin)
    with tenant_context(client_with_data):
        row = Company.objects.get(pk=one.pk)
        assert (row.city, row.credit_limit) == ("", 5000)


def test_refusals(client_with_data, noon, make_backed_up):
    with pytest.raises(BackupError, match="n’est pas de ce client"):
        recover(make_backed_up(), noon, Company)
    for label in ("accounts.user", "backups.backup", "x", "crm.nothing"):
        with pytest.raises(BackupError, match="n’est pas une table du client"):
            model_named(label)
    assert model_named("crm.company") is Company
