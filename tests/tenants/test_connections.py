"""What a request borrows from the pool: a live connection, nothing of its last borrower, statements of its own client."""

import pytest
from django.db import connection
from django_tenants.utils import tenant_context

from core.listing import Listing
from core.statements import fetch
from crm.models import Company
from crm.resources import CompanyResource

COUNT = "SELECT count(*) FROM crm_company"


def shown(name: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"SHOW {name}")
        return cursor.fetchone()[0]


def test_nothing_of_the_last_borrower_is_left(make_client):
    client = make_client("emprunt")
    with tenant_context(client):
        with connection.cursor() as cursor:
            cursor.execute("SET statement_timeout = '7s'")
            cursor.execute("SET TIME ZONE 'Asia/Tokyo'")
            cursor.execute("SELECT set_config('b2o.actor', 'somebody', false)")
        connection.close()
        assert shown("statement_timeout") == "0"
        assert shown("TimeZone") == "UTC"
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('b2o.actor', true)")
            assert not cursor.fetchone()[0]
        assert shown("search_path") == f"{client.schema_name}, public"


def test_a_borrowed_connection_has_its_clients_path_without_a_statement_more(make_client, django_assert_num_queries):
    with tenant_context(make_client("emprunt")):
        connection.close()
        with django_assert_num_queries(1):
            Company.objects.exists()


def test_a_connection_that_died_in_the_pool_is_not_given(make_client):
    with tenant_context(make_client("emprunt")):
        connection.ensure_connection()
        dead = connection.connection.info.backend_pid
        pool = connection.pool
        connection.close()
        with pool.connection() as other, pool.connection() as again:
            killer = other if other.info.backend_pid != dead else again
            killer.execute("SELECT pg_terminate_backend(%s)", [dead])
        assert Company.objects.count() == 0
        assert connection.connection.info.backend_pid != dead


def test_a_prepared_statement_gives_each_client_its_own_rows(atelier, horizon):
    Company.objects.create(name="Chez atelier")
    for _number in range(8):
        assert fetch(COUNT) == [(1,)]
        with tenant_context(horizon):
            assert fetch(COUNT) == [(0,)]
    assert fetch("SELECT count(*) > 0 FROM pg_prepared_statements WHERE statement = %s", [COUNT]) == [(True,)]


@pytest.mark.parametrize("role", ["admin", "reader"])
def test_a_whole_list_gives_each_client_its_own_rows(atelier, horizon, rf, role):
    from core.accounts.models import User

    def names(client) -> list[str]:
        with tenant_context(client):
            listing = Listing(CompanyResource, User.objects.get(email=f"{role}@{client.code}.example"), rf.get("/").GET)
            assert listing.plain
            return [row.title for row in listing.rows]

    Company.objects.create(name="Chez atelier")
    for _number in range(5):
        assert names(atelier) == ["Chez atelier"]
        assert names(horizon) == []
