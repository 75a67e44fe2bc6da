"""The indexes of custom fields are of one client only: they survive what happens to its schema, and trouble no other."""

from io import StringIO

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection
from django_tenants.utils import schema_context, tenant_context

from backups.actions import back_up
from backups.models import State, Trigger
from backups.restoring import restore_over
from core.custom.actions import archive_field
from core.custom.indexes import present, reconcile, wanted
from core.models import CustomField
from crm.models import Company
from crm.resources import CompanyResource
from tenants import migrating
from tenants.provisioning import create_client
from tests.core.custom_fields import make_all


@pytest.fixture
def indexed(client_with_data):
    """A client with a field of each kind, sorted and filtered, and a value in each row."""
    with tenant_context(client_with_data):
        fields = make_all(CompanyResource, sortable=True, filterable=True)
        values = {fields["text"].key: "Qwertov", fields["number"].key: 4, fields["choices"].key: ["o1"]}
        Company.objects.update(custom=values)
        assert reconcile(Company) == [], "made outside a transaction: CONCURRENTLY"
        assert all(present(Company).values()) and set(present(Company)) == set(wanted(Company))
    return client_with_data


def test_they_come_back_with_a_restore_and_the_values_too(indexed, look):
    before = look.content(indexed)
    backup = back_up(indexed, trigger=Trigger.MANUAL)
    assert backup.state == State.VERIFIED
    with tenant_context(indexed):
        Company.objects.update(custom={})
        for field in CustomField.objects.all():
            archive_field(field, by=None)
        reconcile(Company)
        assert present(Company) == {}
    restore_over(indexed, backup)
    assert look.content(indexed) == before
    with tenant_context(indexed):
        assert set(present(Company)) == set(wanted(Company)) != set()
        assert getattr(Company.objects.first(), CustomField.objects.get(kind="text").key) == "Qwertov"


def test_an_index_left_half_made_spoils_no_backup_and_is_swept_away(indexed):
    with tenant_context(indexed), connection.cursor() as cursor:
        with pytest.raises(IntegrityError):  # every company is in the same town
            cursor.execute("CREATE UNIQUE INDEX CONCURRENTLY cf_f1_halfway ON crm_company (city)")
        assert present(Company)["cf_f1_halfway"] is False
    assert back_up(indexed, trigger=Trigger.MANUAL).state == State.VERIFIED
    with tenant_context(indexed):
        assert reconcile(Company) == []
        assert set(present(Company)) == set(wanted(Company))


def test_the_client_is_not_late_and_new_clients_have_none_of_it(indexed, look):
    assert migrating.late([indexed.schema_name]) == []
    call_command("migrate", stdout=StringIO())
    with schema_context("public"):
        other = create_client(look.later("sans-champ"), "Sans champ")
    with tenant_context(other):
        assert present(Company) == {} and not CustomField.objects.exists()
    with tenant_context(indexed):
        assert set(present(Company)) == set(wanted(Company))
