"""A restore does not bring back what was erased since (privacy.md, T7)."""

import pytest
from django.core.files.base import ContentFile
from django.db import DatabaseError, connection, transaction
from django_tenants.utils import tenant_context

from backups import erasures
from backups.actions import back_up
from backups.errors import BackupError
from backups.models import Erasure, ErasureKind, Trigger
from backups.recovering import recover
from backups.restoring import restore_as, restore_over
from core.models import Attachment, EventValues, Note
from crm.models import Contact


@pytest.fixture
def persons(client_with_data):
    """Two contacts with notes, one with a file; then a full."""
    with tenant_context(client_with_data):
        gone, blanked = Contact.objects.order_by("pk")[:2]
        Contact.objects.filter(pk=gone.pk).update(last_name="Canari")
        Contact.objects.filter(pk=blanked.pk).update(email="canari@exemple.fr")
        Note.objects.create(model="crm.contact", object_id=gone.pk, text="Canari a téléphoné")
        attachment = Attachment(model="crm.contact", object_id=gone.pk, name="canari.txt", size=6)
        attachment.file.save("canari.txt", ContentFile(b"Canari"))
        path = attachment.file.name
    return gone, blanked, path, back_up(client_with_data, trigger=Trigger.MANUAL)


def erase(client, gone, blanked):
    with tenant_context(client), transaction.atomic():
        Contact.objects.filter(pk=gone.pk).delete()
        erasures.journal(ErasureKind.ERASE, "crm.contact", gone.pk)
        Contact.objects.filter(pk=blanked.pk).update(email="")
        erasures.journal(ErasureKind.ERASE, "crm.Contact", blanked.pk, {"email": ""})


def values_of(client):
    with tenant_context(client):
        return str(list(EventValues.objects.values_list("before", "after")))


def test_what_was_erased_since_stays_erased(client_with_data, persons, look):
    gone, blanked, path, backup = persons
    assert "canari@exemple.fr" in values_of(client_with_data)
    erase(client_with_data, gone, blanked)
    done = restore_as(look.later(client_with_data.code + "-bis"), backup)
    assert "2 effacement(s) rejoué(s)." in done.remarks
    assert path not in look.files(done.client)
    for restored in (done.client, restore_over(client_with_data, backup).client):
        with tenant_context(restored):
            assert not Contact.objects.filter(pk=gone.pk).exists()
            assert Contact.objects.get(pk=blanked.pk).email == ""
            assert not Note.objects.filter(object_id=gone.pk, model="crm.contact").exists()
            assert not Attachment.objects.filter(object_id=gone.pk, model="crm.contact").exists()
        assert "Canari" not in values_of(restored)
        assert "canari@exemple.fr" not in values_of(restored)
    assert recover(client_with_data, backup, Contact, [gone.pk]).rows == 0


def test_what_was_erased_at_another_client_is_its_own(client_with_data, persons, make_backed_up):
    gone, _blanked, _path, backup = persons
    neighbour = make_backed_up()
    with tenant_context(neighbour), transaction.atomic():
        erasures.journal(ErasureKind.ERASE, "crm.contact", gone.pk)
    restore_over(client_with_data, backup)
    with tenant_context(client_with_data):
        assert Contact.objects.filter(pk=gone.pk).exists()


def test_an_erasure_that_cannot_be_done_again_stops_the_restore(client_with_data, persons, look):
    *_rest, backup = persons
    before = look.content(client_with_data)["rows"]
    with tenant_context(client_with_data), transaction.atomic():
        erasures.journal(ErasureKind.ERASE, "crm.nothing", 1)
    with pytest.raises(BackupError, match="ne peut pas être rejoué"):
        restore_over(client_with_data, backup)
    assert look.content(client_with_data)["rows"] == before


def test_the_journal_only_grows_and_goes_with_the_erasure(client_with_data, persons):
    gone, blanked, _path, _backup = persons
    erase(client_with_data, gone, blanked)
    with pytest.raises(DatabaseError, match="append-only"):
        Erasure.objects.all().delete()
    with pytest.raises(DatabaseError, match="append-only"):
        Erasure.objects.update(object_id=1)
    with tenant_context(client_with_data), pytest.raises(transaction.TransactionManagementError):
        erasures.journal(ErasureKind.ERASE, "crm.contact", gone.pk)
    connection.set_schema_to_public()
