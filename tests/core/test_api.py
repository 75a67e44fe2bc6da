"""What the API does once, whatever the resource: rates, bulk reads, errors born outside its views, its description."""

import hashlib
import json
import subprocess
import sys

import pytest
from django.conf import settings
from django.test import override_settings
from django_tenants.utils import tenant_context

from core.accounts.models import Role, User
from core.api.serializer import Fact, Serializer
from core.models import Extraction
from crm.models import Company
from crm.resources import CompanyResource
from tests.conftest import visitor
from tests.contract.api import Api, faults, problem

LIST = "/api/crm/companies/"


@pytest.fixture
def api(sales):
    return Api(sales)


# --- rates ----------------------------------------------------------------------------------------------------------
@override_settings(API_RATES={"client": (100, 60), "user": (3, 60)})
def test_a_person_is_told_what_is_left_and_when_to_come_back(api):
    left = [api.get(LIST).headers["RateLimit-Remaining"] for _number in range(3)]
    assert left == ["2", "1", "0"]
    answer = api.get(LIST)
    assert problem(answer, 429)["type"].endswith("#rate")
    assert 0 < int(answer.headers["Retry-After"]) <= 60
    assert answer.headers["RateLimit-Limit"] == "3" and answer.headers["RateLimit-Policy"]
    problem(api.post(LIST, {"name": "Trop tard"}), 429)
    assert not Company.objects.exists()


@override_settings(API_RATES={"client": (4, 60), "user": (3, 60)})
def test_a_storm_takes_nothing_from_another_client_and_little_from_its_own(atelier, horizon, signed_in):
    sales, reader = (Api(signed_in(atelier, role)) for role in ("sales", "reader"))
    assert [sales.get(LIST).status_code for _number in range(20)] == [200] * 3 + [429] * 17
    # What was refused counted for nothing: the colleague has the one that is left.
    assert [reader.get(LIST).status_code for _number in range(2)] == [200, 429]
    with tenant_context(horizon):
        other = Api(signed_in(horizon, "sales"))
    assert [other.get(LIST).status_code for _number in range(3)] == [200] * 3


@override_settings(API_RATES={"client": (100, 60), "user": (2, 60)})
def test_pages_do_not_count(sales):
    for _number in range(4):
        assert sales.get("/crm/companies/").status_code == 200
    assert Api(sales).get(LIST).headers["RateLimit-Remaining"] == "1"


@override_settings(API_VISITOR_RATE=(2, 60))
def test_a_visitor_is_refused_without_end_and_takes_nothing_from_who_is_signed_in(atelier, api):
    anybody = Api(visitor(atelier))
    assert [anybody.get(LIST).status_code for _number in range(4)] == [401, 401, 429, 429]
    answer = anybody.get("/api/nothing/")
    assert problem(answer, 429)["type"].endswith("#rate")
    assert answer.headers["RateLimit-Policy"] == '"visitor";q=2;w=60' and int(answer.headers["Retry-After"]) > 0
    assert api.get(LIST).status_code == 200


# --- bulk reads (R02) -----------------------------------------------------------------------------------------------
@override_settings(API_EXTRACTION_ROWS=5)
def test_beyond_some_rows_an_hour_each_answer_is_an_extraction(api, make_company):
    for number in range(4):
        make_company(f"Société {number}")
    assert api.get(LIST).status_code == 200
    assert not Extraction.objects.exists()
    answer = api.get(LIST, q="soc", fields="title")
    row = Extraction.objects.select_related("end").get()
    assert (row.resource, row.way, row.format, row.actor_name) == ("crm.company", "api", "json", "Sales Test")
    assert (row.screen, row.words, row.columns) == ("api-rows", "soc", ["id", "title"])
    assert row.params == {"q": ["soc"], "fields": ["title"]}
    assert (row.end.rows, row.end.size) == (4, len(answer.content))
    assert row.end.sha256 == hashlib.sha256(answer.content).hexdigest()
    assert api.get("/api/crm/contacts/").status_code == 200  # another list has its own count
    assert Extraction.objects.count() == 1


@override_settings(API_EXTRACTION_ROWS=5)
def test_a_list_that_demands_a_right_is_not_read_in_bulk_without_it(api, make_company, monkeypatch):
    monkeypatch.setattr(CompanyResource, "extraction_right", "crm.export")
    role = Role.objects.get(code="sales")
    Role.objects.filter(pk=role.pk).update(rights=[right for right in role.rights if right != "crm.export"])
    for number in range(4):
        make_company(f"Société {number}")
    assert api.get(LIST).status_code == 200
    refused = api.get(LIST)
    assert problem(refused, 403)["type"].endswith("#extraction") and "Société" not in refused.content.decode()
    assert not Extraction.objects.exists()
    Role.objects.filter(pk=role.pk).update(rights=[*role.rights, "crm.export"])
    assert api.get(LIST).status_code == 200
    assert Extraction.objects.count() == 1


# --- errors born outside the views ------------------------------------------------------------------------------------
def test_an_unknown_host_and_a_closed_instance_answer_with_problems(atelier, sales):
    from tenants.middleware import forget_hosts
    from tenants.models import Client, State

    problem(sales.get(LIST, headers={"host": "nobody.localhost"}), 404)
    Client.objects.filter(pk=atelier.pk).update(state=State.SUSPENDED)
    forget_hosts()
    try:
        answer = sales.get(LIST)
        assert problem(answer, 503) and answer.headers["Retry-After"]
    finally:
        forget_hosts()


def test_what_nobody_expected_is_a_problem_without_a_word_of_the_cause(sales, monkeypatch):
    def broken(*args):
        raise RuntimeError("secret of the house")

    monkeypatch.setattr(Serializer, "represent", broken)
    sales.raise_request_exception = False
    answer = sales.get(LIST)
    assert "secret" not in str(problem(answer, 500))


@pytest.mark.parametrize(
    "path", ["/api/", "/api/nothing", "/api/crm/", "/api/crm/companies", "/api/hr/people/", "/api/crm/companies/abc/"]
)
def test_an_address_that_is_none_is_a_problem(api, path):
    problem(api.get(path), 404)
    problem(api.post(path, {}), 404)


def test_pages_keep_their_own_errors(sales):
    answer = sales.get("/crm/companies/999999/")
    assert answer.status_code == 404 and answer.headers["Content-Type"].startswith("text/html")


# --- the description ------------------------------------------------------------------------------------------------
def test_the_description_shows_what_a_person_may_do_and_no_more(atelier, signed_in):
    seller, reader = (Api(signed_in(atelier, role)) for role in ("sales", "reader"))
    assert set(seller.get("/api/schema").json()["paths"]["/api/crm/companies/"]) == {"get", "post"}
    assert set(reader.get("/api/schema").json()["paths"]["/api/crm/companies/"]) == {"get"}
    assert "credit_limit" not in reader.get("/api/schema").content.decode()
    nobody = User.objects.create_user("nobody@atelier.example")
    browser = visitor(atelier)
    browser.force_login(nobody)
    assert browser.get("/api/schema").json()["paths"] == {}
    assert browser.get("/api/docs").status_code == 200
    assert browser.get("/api/docs/crm/companies/").status_code == 403
    problem(Api(visitor(atelier)).get("/api/schema"), 401)
    assert visitor(atelier).get("/api/docs").status_code == 302


def test_the_description_is_the_same_in_yaml_and_is_made_once(api, monkeypatch):
    import yaml

    from core.api import schema

    found = api.get("/api/schema").json()
    assert found["openapi"] == "3.1.0"
    monkeypatch.setattr(schema, "_generated", None)
    answer = api.get("/api/schema", format="yaml")
    assert answer.headers["Content-Type"] == "application/yaml" and yaml.safe_load(answer.content) == found
    assert b"&id" not in answer.content
    problem(api.get("/api/schema", format="xml"), 400)


def test_a_resource_may_leave_out_and_add_facts(api, make_company, monkeypatch):
    class Tuned(Serializer):
        without = ("note", "city")

        def extra(self):
            yield Fact("shout", "Cri", lambda row: row.name.upper(), {"type": "string"})

    monkeypatch.setattr(CompanyResource, "serializer", Tuned)
    row = make_company("Dupont", city="Brest")
    url = f"{LIST}{row.pk}/"
    told = api.get(url).json()
    assert told["shout"] == "DUPONT" and not {"note", "city"} & told.keys()
    assert faults(api.patch(url, {"city": "Lyon", "shout": "LYON"}), 400) == {"city": "unknown", "shout": "read_only"}
    assert api.patch(url, {"name": "Durand"}).json()["shout"] == "DURAND"
    row.refresh_from_db()
    assert row.city == "Brest"


def test_a_caller_bound_to_some_fields_has_no_others(atelier, make_company):
    """What an interface reads through (tests/interfaces)."""
    user = User.objects.get(email="sales@atelier.example")
    row = make_company("Dupont", city="Brest")
    bound = Serializer(CompanyResource, user, allowed={"name", "owner"})
    assert bound.represent([row]) == [{"id": row.pk, "name": "Dupont", "owner": None}]
    assert list(bound.schema()["properties"]) == ["id", "name", "owner"]


# --- refusals of a deletion -------------------------------------------------------------------------------------------
def test_a_row_that_others_need_stays(api, make_company, monkeypatch):
    from core.actions.bin import Kept
    from core.api import views

    row, child = make_company("Mère"), make_company("Fille")

    def kept(*args, **kwargs):
        raise Kept([child])

    monkeypatch.setattr(views, "bin_rows", kept)
    assert "Fille" in problem(api.delete(f"{LIST}{row.pk}/"), 409)["detail"]


# --- weight -----------------------------------------------------------------------------------------------------------
def test_a_web_process_starts_without_the_frameworks_of_the_api():
    code = (
        "import sys, django; django.setup(); from django.urls import get_resolver; get_resolver().url_patterns; "
        "import config.wsgi, json; "
        "print(json.dumps([n for n in ('rest_framework', 'drf_spectacular') if n in sys.modules]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=settings.BASE_DIR, capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout.splitlines()[-1]) == []


@pytest.mark.parametrize(
    "owner", [{"id": 1, "label": []}, {"id": 1, "name": "Ève"}, {"label": "Ève"}, "1", True, 0, -1]
)
def test_a_row_named_by_what_is_no_reference_is_refused(api, make_company, owner):
    row = make_company("Dupont")
    answer = api.patch(f"/api/crm/companies/{row.pk}/", {"owner": owner})
    assert answer.status_code in (400, 422) and "owner" in answer.content.decode()
    row.refresh_from_db()
    assert row.owner is None
