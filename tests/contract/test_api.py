"""The API of every resource against its pages: the same rows, the same order, the same refusals, the same history."""

import copy

import pytest
import yaml
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext, override_settings
from django_tenants.utils import tenant_context

from core.models import BinnedRow, Event
from tests.conftest import visitor
from tests.contract.api import Api, body_of, faults, problem, row_url, rows_url
from tests.contract.conftest import snapshot
from tests.contract.samples import WORD, make_row, sample_of


@pytest.fixture
def writer(person, resource):
    return person(**{resource.module: "write"})


def calls(resource, pk):
    """Every method of both addresses."""
    many, one, body = rows_url(resource), row_url(resource, pk), body_of(resource)
    yield from (("GET", many, None), ("POST", many, body), ("GET", one, None))
    yield from (("GET", f"{one}files/", None), ("GET", f"{one}files/1/", None))
    yield from (("PUT", one, body), ("PATCH", one, body), ("DELETE", one, None))


# --- who gets in ----------------------------------------------------------------------------------------------------
def test_a_visitor_is_told_to_sign_in_without_being_sent_anywhere(resource, atelier):
    row, api = make_row(resource), Api(visitor(atelier))
    before = snapshot(resource)
    for method, url, body in calls(resource, row.pk):
        answer = api.send(method, url, body)
        problem(answer, 401)
        assert "Location" not in answer.headers and answer.headers["WWW-Authenticate"].startswith("Session"), method
    assert snapshot(resource) == before


def test_without_the_module_everything_is_forbidden(resource, person):
    row, api, before = make_row(resource), Api(person(settings="manage").browser), snapshot(resource)
    for method, url, body in calls(resource, row.pk):
        assert WORD not in str(problem(api.send(method, url, body), 403)), method
    assert snapshot(resource) == before


def test_a_reader_reads_and_changes_nothing(resource, person):
    row, api, before = make_row(resource), Api(person(**{resource.module: "read"}).browser), snapshot(resource)
    for method, url, body in calls(resource, row.pk):
        answer = api.send(method, url, body)
        wanted = 404 if url.endswith("/files/1/") else 200  # there is no such file
        assert answer.status_code == wanted if method == "GET" else problem(answer, 403), method
    assert snapshot(resource) == before


def test_the_cookie_of_one_client_opens_nothing_at_another(resource, person, atelier, horizon):
    someone = person(**{resource.module: "manage"})
    with tenant_context(horizon):
        theirs = make_row(resource)
    elsewhere = Browser(headers={"host": horizon.host})
    elsewhere.cookies = copy.copy(someone.browser.cookies)
    for method, url, body in calls(resource, theirs.pk):
        problem(Api(elsewhere).send(method, url, body), 401)
    resource.model._default_manager.filter(pk=theirs.pk).delete()  # should a key of ours be the same
    problem(Api(someone.browser).get(row_url(resource, theirs.pk)), 404)


def test_a_write_without_the_token_of_the_pages_is_refused(resource, person, atelier):
    someone = person(**{resource.module: "manage"})
    strict = Browser(headers={"host": atelier.host}, enforce_csrf_checks=True)
    strict.cookies = copy.copy(someone.browser.cookies)
    before = snapshot(resource)
    assert problem(Api(strict).post(rows_url(resource), body_of(resource)), 403)["type"].endswith("#csrf")
    assert snapshot(resource) == before
    token = "t" * 32
    strict.cookies["b2o_csrf"] = token
    answer = Api(strict).post(rows_url(resource), body_of(resource), **{"X-CSRFToken": token})
    assert answer.status_code == 201


# --- the same rows --------------------------------------------------------------------------------------------------
def test_rows_order_and_search_are_those_of_the_page(resource, person):
    name = sample_of(resource).varied[0]
    for text in ("Émile", "zola", "Abel", "abel", "Œuvre", "d'Or", "Dor"):
        make_row(resource, **{name: f"{WORD} {text}"})
    reader = person(**{resource.module: "read"})
    sorts = [f"{sign}{col.name}" for col in resource.columns if col.sort for sign in ("", "-")]
    described = yaml.safe_load(reader.get("/api/schema").content)["paths"][rows_url(resource)]["get"]["parameters"]
    [told] = [one["schema"] for one in described if one.get("name") == "sort"]
    assert sorted(told["enum"]) == sorted(sorts)

    def order(**query):
        return [row["id"] for row in Api(reader.browser).get(rows_url(resource), **query).json()["results"]]

    assert order() == order(sort=told["default"])
    for query in ({}, {"q": WORD}, {"q": f"{WORD} abel"}, {"q": "nobody"}, *({"sort": sort} for sort in sorts)):
        listing = reader.get(resource.list_url, {**query, "view": "all"}).context["listing"]
        answer = Api(reader.browser).get(rows_url(resource), **query, count="true").json()
        assert [row["id"] for row in answer["results"]] == [row.pk for row in listing.rows], query
        assert [row["title"] for row in answer["results"]] == [row.title for row in listing.rows], query
        assert (answer["count"], answer["count_is_exact"]) == (listing.total, True), query


def test_filters_are_those_of_the_page(resource, person):
    reader = person(**{resource.module: "read"})
    make_row(resource)
    listing = reader.get(resource.list_url, {"view": "all"}).context["listing"]
    assert listing.facets
    for facet in listing.facets:
        for option in facet.options:
            query = {facet.name: option["value"]}
            page = reader.get(resource.list_url, query).context["listing"]
            answer = Api(reader.browser).get(rows_url(resource), **query).json()
            assert [row["id"] for row in answer["results"]] == [row.pk for row in page.rows], query


def test_pages_follow_one_another_both_ways_and_miss_nothing(resource, person):
    rows = {make_row(resource).pk for _number in range(7)}
    api = Api(person(**{resource.module: "read"}).browser)
    first = api.get(rows_url(resource), page_size=3).json()
    assert first["previous"] is None
    second = api.browser.get(first["next"]).json()
    third = api.browser.get(second["next"]).json()
    assert third["next"] is None
    seen = [row["id"] for page in (first, second, third) for row in page["results"]]
    assert set(seen) == rows and len(seen) == 7
    assert api.browser.get(third["previous"]).json()["results"] == second["results"]
    assert api.browser.get(second["previous"]).json()["results"] == first["results"]


def test_what_a_page_would_ignore_is_refused(resource, person):
    api, url = Api(person(**{resource.module: "read"}).browser), rows_url(resource)
    wrong = {
        "sort": "nothing", "after": "!!!", "before": "[]", "page_size": "201", "count": "yes", "fields": "id,secret",
        "unknown": "1", "view": "3", "tags": "x",
    }  # fmt: skip
    assert faults(api.get(url, **wrong), 400).keys() >= wrong.keys() - {"tags"}
    for name, value in wrong.items():
        assert name in faults(api.get(url, **{name: value}), 400)
    for value in ("0", "-1", "1e9", "²", "9" * 400, ""):
        assert faults(api.get(url, page_size=value), 400) == {"page_size": "invalid"}
    assert faults(api.get(url, sort=""), 400) == {"sort": "invalid_choice"}
    assert faults(api.browser.get(f"{url}?q=a&q=b"), 400) == {"q": "repeated"}
    assert faults(api.get(url, q="a" * 201), 400) == {"q": "max_length"}
    assert problem(api.get(url, q="\x00"), 400)


def test_only_the_fields_that_are_asked_for(resource, person):
    row, api = make_row(resource), Api(person(**{resource.module: "read"}).browser)
    name = sample_of(resource).varied[0]
    assert api.get(rows_url(resource), fields=f"title,{name}").json()["results"] == [
        {"id": row.pk, "title": resource.title(row), name: getattr(row, name)}
    ]


# --- one row --------------------------------------------------------------------------------------------------------
def test_a_row_is_created_read_changed_replaced_and_binned_as_on_the_pages(resource, writer):
    api, sample = Api(writer.browser), sample_of(resource)

    def last() -> tuple:
        event = Event.objects.filter(model=resource.key()).latest("pk")
        return event.kind, event.actor_id, event.object_id, event.screen

    made = api.post(rows_url(resource), body_of(resource))
    assert made.status_code == 201
    pk = made.json()["id"]
    assert last() == ("created", writer.user.pk, pk, "api-rows")
    url = row_url(resource, pk)
    assert made.headers["Location"].endswith(url)
    read = api.get(url)
    assert read.json() == made.json() and read.headers["ETag"] == made.headers["ETag"]
    for name, value in sample.form.items():
        assert read.json()[name] == value
    changed = api.patch(url, dict(sample.change))
    assert changed.status_code == 200 and changed.json() == {
        **read.json(), **sample.change, "updated_at": changed.json()["updated_at"], "title": changed.json()["title"],
    }  # fmt: skip
    assert last() == ("updated", writer.user.pk, pk, "api-row")
    assert Event.objects.latest("pk").fields == list(sample.change)
    assert "· API</small>" in writer.get(resource.url("history", pk)).content.decode()
    # What was read may be sent back whole.
    same = api.put(url, changed.json(), **{"If-Match": changed.headers["ETag"]})
    assert same.status_code == 200
    assert api.delete(url).status_code == 204
    assert last() == ("deleted", writer.user.pk, pk, "api-row")
    assert BinnedRow.objects.filter(model=resource.key(), object_id=pk, by=writer.user).exists()
    problem(api.get(url), 404)


def test_the_form_of_the_page_judges_what_is_sent(resource, writer):
    """An empty body, the form of the page without anything typed: the same fields are missing."""
    api, before = Api(writer.browser), snapshot(resource)
    page = writer.post(resource.create_url, {}).context["form"]
    needed = {name for name, errors in page.errors.as_data().items() if errors[0].code == "required"}
    offered = {name for name in needed if page.get_initial_for_field(page.fields[name], name) in (None, "")}
    assert faults(api.post(rows_url(resource), {}), 400) == dict.fromkeys(offered, "required")
    blank = {**body_of(resource), **dict.fromkeys(offered, "")}
    assert faults(api.post(rows_url(resource), blank), 422) == dict.fromkeys(offered, "required")
    assert snapshot(resource) == before


def test_nothing_is_ignored_silently(resource, writer):
    row, api = make_row(resource), Api(writer.browser)
    url, before = row_url(resource, row.pk), snapshot(resource)
    read = api.get(url).json()
    for body, field, code in (
        ({"nothing": 1}, "nothing", "unknown"),
        ({"search": "x"}, "search", "unknown"),
        ({"pk": row.pk}, "pk", "unknown"),
        ({"id": row.pk + 1}, "id", "read_only"),
        ({"title": "Autre"}, "title", "read_only"),
        ({"created_at": "2020-01-01T00:00:00Z"}, "created_at", "read_only"),
        ({"tags": "VIP"}, "tags", "invalid"),
        ({"tags": [1]}, "tags", "invalid"),
        ({"tags": [""]}, "tags", "invalid"),
    ):
        assert faults(api.patch(url, body), 400) == {field: code}
        assert faults(api.post(rows_url(resource), {**body_of(resource), **body}), 400) == {field: code}
    missing = {name: value for name, value in read.items() if name in sample_of(resource).change}
    short = {name: value for name, value in read.items() if name not in missing}
    assert faults(api.put(url, short, **{"If-Match": "*"}), 400) == dict.fromkeys(missing, "required")
    for body in ([], "text", 3, None, True):
        assert problem(api.patch(url, body), 400)["type"].endswith("#invalid-body")
    assert snapshot(resource) == before


def test_two_callers_do_not_overwrite_each_other(resource, writer):
    row, api, change = make_row(resource), Api(writer.browser), dict(sample_of(resource).change)
    url = row_url(resource, row.pk)
    read = api.get(url)
    tag = read.headers["ETag"]
    problem(api.put(url, read.json()), 428)
    resource.model._default_manager.filter(pk=row.pk).update(**{sample_of(resource).varied[0]: "Entre-temps"})
    before = snapshot(resource)
    for answer in (
        api.patch(url, change, **{"If-Match": tag}),
        api.put(url, read.json(), **{"If-Match": tag}),
        api.delete(url, **{"If-Match": tag}),
        api.patch(url, change, **{"If-Match": "nonsense"}),
    ):
        problem(answer, 412)
    assert snapshot(resource) == before
    fresh = api.get(url).headers["ETag"]
    assert fresh != tag
    assert api.browser.get(url, headers={"If-None-Match": fresh}).status_code == 304
    assert api.patch(url, change, **{"If-Match": f"W/{fresh}"}).status_code == 200
    assert api.patch(url, change, **{"If-Match": "*"}).status_code == 200


# --- hostile input --------------------------------------------------------------------------------------------------
BODIES = {
    "no JSON": b"{",
    "nothing": b"",
    "not UTF-8": b'{"name": "\xff"}',
    "a byte order mark": b'\xef\xbb\xbf{"name": "x"}',
    "NaN": b'{"name": NaN}',
    "Infinity": b'{"name": -Infinity}',
    "a number of 5,000 digits": b'{"name": ' + b"9" * 5000 + b"}",
    "nested 100,000 deep": b"[" * 100_000 + b"]" * 100_000,
    "nested 30 deep": b'{"name":' + b"[" * 30 + b"]" * 30 + b"}",
    "a field twice": b'{"name": "a", "name": "b"}',
    "NUL": b'{"name": "a\\u0000b"}',
    "half a character": b'{"name": "\\ud800"}',
    "NUL in a name": b'{"a\\u0000b": 1}',
}


@pytest.mark.parametrize("kind", BODIES)
def test_a_body_that_cannot_be_read_is_refused(resource, writer, kind):
    before = snapshot(resource)
    for method, url in (("POST", rows_url(resource)), ("PATCH", row_url(resource, make_row(resource).pk))):
        answer = writer.browser.generic(method, url, BODIES[kind], content_type="application/json")
        problem(answer, 400)
    assert len(snapshot(resource)) == len(before) + 1


VALUES = (None, -1, 2**70, "1e999999999", "x" * 100_000, [1], {"id": "x"}, "👩‍🚀")


@override_settings(API_RATES={"client": (10**6, 60), "user": (10**6, 60)})
def test_any_value_in_any_field_is_taken_or_refused(resource, writer):
    row, api = make_row(resource), Api(writer.browser)
    url = row_url(resource, row.pk)
    for value in VALUES:
        for name in (*resource.form.base_fields, "id", "tags", "updated_at"):
            answer = api.patch(url, {name: value})
            assert answer.status_code in (200, 400, 422), (name, value, answer.content)
    for name in resource.form.base_fields:
        body = b'{"%s": 1e999999999}' % name.encode()
        problem(writer.browser.generic("PATCH", url, body, content_type="application/json"), 400)


def test_only_json_of_a_fair_size_is_taken_and_given(resource, writer):
    url, before = rows_url(resource), snapshot(resource)
    for kind in (
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/json; charset=latin-1",
    ):
        problem(writer.browser.generic("POST", url, b'{"a": 1}', content_type=kind), 415)
    problem(writer.browser.generic("POST", url, b'"%s"' % (b"x" * 1_100_000), content_type="application/json"), 413)
    problem(writer.browser.get(url, headers={"Accept": "text/html"}), 406)
    assert writer.browser.get(url, headers={"Accept": "text/html, */*;q=0.1"}).status_code == 200
    answer = writer.browser.generic("PATCH", url, b"{}", content_type="application/json")
    problem(answer, 405)
    assert answer.headers["Allow"] == "GET, POST, HEAD, OPTIONS"
    assert writer.browser.options(url).status_code == 204
    assert snapshot(resource) == before


# --- what it costs --------------------------------------------------------------------------------------------------
def test_the_number_of_queries_does_not_depend_on_the_number_of_rows(resource, person):
    reader = person(**{resource.module: "manage"}, rights=resource.sensitive.values())
    urls = (f"{rows_url(resource)}?page_size=200&count=true", f"{rows_url(resource)}?q={WORD}&page_size=200")

    def count() -> list[int]:
        found = []
        for url in (*urls, row_url(resource, row.pk)):
            with CaptureQueriesContext(connection) as queries:
                assert reader.get(url).status_code == 200
            found.append(len(queries))
        return found

    with override_settings(API_EXTRACTION_ROWS=10**9):
        row = make_row(resource, owner=reader.user) if resource.owner() == "owner" else make_row(resource)
        make_row(resource)
        count()
        few = count()
        for _number in range(200):
            make_row(resource)
        # Twice: a cache that was slow to answer sends the session back to the database.
        assert [min(pair) for pair in zip(count(), count(), strict=True)] == few
        assert max(few) <= 9
