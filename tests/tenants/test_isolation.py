"""Nothing of one client is seen in another, and without a client nothing is seen at all (R06)."""

import logging

import pytest
from django.contrib.contenttypes.models import ContentType
from django.core.cache import cache
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import ProgrammingError, connection, transaction
from django_tenants.utils import schema_context, tenant_context

from crm.models import Company
from tenants.log import ClientFilter
from tenants.routers import NoActiveClient


def test_a_query_on_a_clients_table_without_a_client_raises(atelier):
    with schema_context("public"):
        for attempt in (Company.objects.count, lambda: list(Company.objects.all()), Company(name="x").save,
                        Company.objects.filter(name="x").delete):  # fmt: skip
            with pytest.raises(NoActiveClient, match="aucun n’est actif"):
                attempt()


def test_raw_sql_without_a_client_finds_no_table(atelier):
    with (
        schema_context("public"),
        pytest.raises(ProgrammingError, match="does not exist"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("SELECT * FROM crm_company")


def test_the_databases_own_search_path_is_empty(committed):
    connection.close()
    with connection.cursor() as cursor:
        cursor.execute("RESET search_path")
        cursor.execute("SHOW search_path")
        assert cursor.fetchone()[0] in ("", '""')
    connection.close()


def test_search_path_is_sent_once_for_many_queries(atelier, django_assert_num_queries):
    with connection.cursor() as cursor:
        cursor.execute("SHOW search_path")
        assert cursor.fetchone()[0] == "atelier, public"
    with django_assert_num_queries(3):
        for _number in range(3):
            Company.objects.exists()


def test_a_rolled_back_change_of_client_does_not_linger(atelier, horizon):
    Company.objects.create(name="Chez atelier")
    try:
        with transaction.atomic(), tenant_context(horizon):
            assert not Company.objects.exists()
            raise ZeroDivisionError
    except ZeroDivisionError:
        pass
    assert Company.objects.get().name == "Chez atelier"


def test_with_client_is_forbidden(atelier):
    with pytest.raises(RuntimeError, match="tenant_context"), atelier:
        pass


def test_the_cache_carries_the_client(atelier, horizon):
    cache.set("key", "of atelier")
    with tenant_context(horizon):
        assert cache.get("key") is None
        cache.set("key", "of horizon")
        cache.clear()
        assert cache.get("key") is None
    assert cache.get("key") == "of atelier"


def test_files_lie_apart_and_nowhere_without_a_client(atelier, horizon):
    name = default_storage.save("plan.txt", ContentFile(b"of atelier"))
    with tenant_context(horizon):
        assert not default_storage.exists(name)
    with schema_context("public"), pytest.raises(NoActiveClient):
        default_storage.save("plan.txt", ContentFile(b"of nobody"))
    default_storage.delete(name)


def test_a_path_out_of_the_clients_folder_is_refused(atelier):
    from django.core.exceptions import SuspiciousFileOperation

    with pytest.raises(SuspiciousFileOperation):
        default_storage.open("../horizon/plan.txt")


def test_content_types_are_cached_apart(atelier, horizon):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE horizon.auth_permission SET content_type_id = content_type_id + 1000")
        cursor.execute("UPDATE horizon.django_content_type SET id = id + 1000")
    here = ContentType.objects.get_for_model(Company).pk
    with tenant_context(horizon):
        from tenants.contenttypes import forget

        forget("horizon")
        there = ContentType.objects.get_for_model(Company).pk
    assert there == here + 1000
    assert ContentType.objects.get_for_model(Company).pk == here
    forget("horizon")


def test_every_log_line_says_whose_it_is(atelier):
    record = logging.makeLogRecord({})
    ClientFilter().filter(record)
    assert record.client == "atelier"
    with schema_context("public"):
        ClientFilter().filter(record)
    assert record.client == "-"
