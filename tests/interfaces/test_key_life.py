"""How a key lives and dies, what it costs, and what the database refuses of requests, keys and their journal."""

import datetime as dt

import pytest
from django.db import Error, connection, transaction
from django.test.utils import CaptureQueriesContext, override_settings
from django.utils import timezone
from django_tenants.utils import tenant_context

from core.models import Extraction
from crm.models import Company
from interfaces import actions
from interfaces.models import ApiKey, Call, WrittenRequest
from tests.contract.api import problem
from tests.interfaces.conftest import Program, signed_request

LIST = "/api/crm/companies/"
THREE = {"crm.company": {"read": ["name", "city", "siren"]}}


# --- the life of a key ----------------------------------------------------------------------------------------------
def dead(ours: Program) -> str:
    answer = ours.get(LIST)
    assert problem(answer, 401)["type"].endswith("#key") and "invalid_token" in answer.headers["WWW-Authenticate"]
    return Call.objects.order_by("-id").values_list("refusal", flat=True)[0]


def test_a_key_dies_with_its_revocation_its_date_and_its_request(program, administrator):
    for kill, why in (
        (lambda ours: actions.revoke_key(ours.key), "key_revoked"),
        (
            lambda ours: ApiKey.objects.filter(pk=ours.key.pk).update(
                expires_on=timezone.localdate() - dt.timedelta(1)
            ),
            "key_expired",
        ),
        (lambda ours: actions.revoke(ours.request, reason="Fin du contrat", by=administrator), "request_revoked"),
    ):
        ours = program(THREE, name=why)
        assert ours.get(LIST).status_code == 200
        kill(ours)
        assert dead(ours) == why
        assert problem(ours.post(LIST, {"name": "X"}), 401)
    assert not Company.objects.exists()


def test_a_request_that_has_ended_opens_nothing_more(program):
    ours = program(THREE, ends_in=0)
    assert ours.get(LIST).status_code == 200
    tomorrow = timezone.localdate() + dt.timedelta(days=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("interfaces.models.requests.timezone.localdate", lambda: tomorrow)
        assert dead(ours) == "request_ended"
    assert ours.get(LIST).status_code == 200


def test_an_unknown_key_opens_nothing_even_with_a_session(atelier, sales, program):
    ours = program(THREE)
    for text in (
        ours.text[:-1] + ("A" if ours.text[-1] != "A" else "B"),
        "b2o_x",
        "",
        ours.key.prefix,
        ours.key.digest,
    ):
        stranger = Program(atelier, text)
        assert problem(stranger.get(LIST), 401)["type"].endswith("#key"), text
    sales.defaults["HTTP_AUTHORIZATION"] = "Bearer b2o_nothing"
    problem(sales.get(LIST), 401)
    assert not Call.objects.exists()


def test_the_key_of_one_client_opens_nothing_at_another(program, horizon):
    ours = program(THREE)
    elsewhere = Program(horizon, ours.text)
    problem(elsewhere.get(LIST), 401)
    with tenant_context(horizon):
        assert not Call.objects.exists()


def test_a_key_is_kept_as_a_digest_only(program):
    ours = program(THREE)
    secret = ours.text.split("_", 2)[2]
    assert len(secret) == 43 and ours.text.startswith(f"b2o_{ours.key.prefix}_")
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")
        for (table,) in cursor.fetchall():
            cursor.execute(f'SELECT count(*) FROM "{table}" t WHERE t::text LIKE %s', [f"%{secret}%"])
            assert cursor.fetchone() == (0,), table


def test_each_key_has_its_own_rate_and_a_dead_one_does_not_fill_the_journal(program):
    ours, other = program(THREE, per_minute=3), program(THREE, per_minute=3, name="Autre")
    answers = [ours.get(LIST) for _number in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert answers[0].headers["RateLimit-Limit"] == "3" and '"key";q=3;w=60' in answers[0].headers["RateLimit-Policy"]
    assert other.get(LIST).status_code == 200
    actions.revoke_key(other.key)
    assert [other.get(LIST).status_code for _number in range(4)] == [401, 401, 429, 429]
    assert Call.objects.filter(key=other.key).count() == 3


@override_settings(API_EXTRACTION_ROWS=3)
def test_reading_in_bulk_is_an_extraction_in_the_register(program, make_company):
    for number in range(4):
        make_company(f"Société {number}")
    ours = program(THREE, name="Paie")
    assert ours.get(LIST).status_code == 200
    row = Extraction.objects.select_related("end").get()
    assert row.actor_id is None and row.actor_name == f"Interface « Paie » (n° {ours.request.pk})"
    assert (row.way, row.resource, row.columns, row.end.rows) == (
        "api",
        "crm.company",
        ["id", "name", "siren", "city"],
        4,
    )


def test_a_call_costs_the_same_queries_however_many_rows(program, make_company):
    ours = program({"crm.company": {"read": ["name", "owner"]}})

    def queries():
        with CaptureQueriesContext(connection) as found:
            assert ours.get(LIST).status_code == 200
        return len(found)

    make_company("Une")
    few = queries()
    for number in range(20):
        make_company(f"Société {number}")
    assert queries() == few <= 6


# --- what the database refuses --------------------------------------------------------------------------------------
def refused(statement, *values):
    with pytest.raises(Error), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, values)


def test_a_request_in_force_never_changes_and_its_journal_only_grows(program):
    ours = program(THREE)
    ours.get(LIST)
    pk, key = ours.request.pk, ours.key.pk
    refused("UPDATE interfaces_writtenrequest SET purpose = 'Autre' WHERE id = %s", pk)
    refused("UPDATE interfaces_writtenrequest SET ends_on = ends_on + 365 WHERE id = %s", pk)
    refused("DELETE FROM interfaces_writtenrequest WHERE id = %s", pk)
    refused(
        "UPDATE interfaces_requestedresource SET read = read || ARRAY['email']::varchar[] WHERE request_id = %s", pk
    )
    refused("DELETE FROM interfaces_requestedresource WHERE request_id = %s", pk)
    refused(
        "INSERT INTO interfaces_requestedresource (request_id, resource, read, written, columns, rows, deletes, custom, updated_at) "
        "VALUES (%s, 'crm.contact', ARRAY['email'], '{}', '{}', '', false, '{}', now())", pk,
    )  # fmt: skip
    refused("UPDATE interfaces_apikey SET digest = repeat('0', 64) WHERE id = %s", key)
    refused("DELETE FROM interfaces_apikey WHERE id = %s", key)
    actions.revoke_key(ours.key)
    refused("UPDATE interfaces_apikey SET revoked_at = NULL WHERE id = %s", key)
    refused("UPDATE interfaces_call SET status = 200")
    refused("DELETE FROM interfaces_call")


def test_a_revoked_request_is_not_taken_back(make_request, administrator):
    request = make_request(THREE)
    actions.revoke(request, reason="Fin du contrat", by=administrator)
    refused(
        "UPDATE interfaces_writtenrequest SET revoked_at = NULL, revoked_by_id = NULL, revocation = '' WHERE id = %s",
        request.pk,
    )
    with pytest.raises(Exception, match="en vigueur"):
        actions.add_key(WrittenRequest.objects.get(pk=request.pk), label="Encore", per_minute=1, expires_on=None)


@pytest.mark.parametrize(
    "third_party",
    [
        {"third_party": "ACME", "country": "FR", "contract": "C-1", "security": ""},
        {"third_party": "ACME", "country": "FR", "contract": "", "security": "TLS"},
        {"third_party": "ACME", "country": "", "contract": "C-1", "security": "TLS"},
        {"third_party": "ACME", "country": "US", "contract": "C-1", "security": "TLS"},
        {"third_party": "ACME", "country": "US", "contract": "C-1", "security": "TLS", "legal_basis": "because"},
    ],
)
def test_a_third_party_without_guarantees_is_refused_by_the_database(atelier, third_party):
    """R16."""
    with pytest.raises(Error), transaction.atomic():
        signed_request(THREE, **third_party)


def test_a_third_party_with_its_guarantees_is_recorded(atelier):
    signed_request(THREE, third_party="ACME", country="FR", contract="C-1", security="TLS")
    signed_request(THREE, third_party="ACME", country="US", contract="C-1", security="TLS", legal_basis="clauses")
    assert WrittenRequest.objects.count() == 2
