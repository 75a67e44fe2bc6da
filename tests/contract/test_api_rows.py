"""Reach and sensitive fields, by the API: what is hidden exists nowhere, and nobody gives away what is theirs."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from core.attachments.actions import attach, files_of
from core.models import Event
from tests.contract.api import Api, body_of, faults, problem, row_url, rows_url
from tests.contract.conftest import snapshot
from tests.contract.samples import RESOURCES, WORD, make_row, sample_of
from tests.contract.test_rows import OWNED, narrowed
from tests.contract.test_sensitive import CASES


def pytest_generate_tests(metafunc):
    """Only some resources have what these tests are about."""


@pytest.fixture(params=OWNED, ids=[resource.key() for resource in OWNED])
def owned(request):
    return request.param


@pytest.mark.parametrize("scope", ["own", "team"])
def test_a_row_out_of_reach_does_not_exist(owned, person, scope):
    me, other = narrowed(person, owned, scope, teams=["Nord"]), person(teams=["Sud"])
    row = make_row(owned, owner=other.user)
    attach(row, [SimpleUploadedFile("secret.txt", b"x")], by=other.user)
    api, url, before = Api(me.browser), row_url(owned, row.pk), snapshot(owned)
    for answer in (
        api.get(url),
        api.get(f"{url}files/"),
        api.get(f"{url}files/{files_of(row).get().pk}/"),
        api.patch(url, {"owner": me.user.pk}),
        api.put(url, body_of(owned), **{"If-Match": "*"}),
        api.delete(url),
    ):
        assert WORD not in str(problem(answer, 404))
    for query in ({}, {"q": WORD}):
        assert api.get(rows_url(owned), **query, count="true").json() == {
            "next": None, "previous": None, "count": 0, "count_is_exact": True, "results": [],
        }  # fmt: skip
    assert snapshot(owned) == before


def test_what_may_only_be_read_is_not_changed(owned, person):
    from core.accounts.models import Role

    me, other = narrowed(person, owned), person()
    me.user.roles.add(Role.objects.create(name="Lit tout", levels={owned.module: "read"}))
    api, url, before = Api(me.browser), row_url(owned, make_row(owned, owner=other.user).pk), snapshot(owned)
    assert api.get(url).status_code == 200
    before = snapshot(owned)
    for answer in (api.patch(url, {"owner": me.user.pk}), api.put(url, {}, **{"If-Match": "*"}), api.delete(url)):
        problem(answer, 403)
    assert snapshot(owned) == before


@pytest.mark.parametrize("to", ["somebody else", "nobody"])
def test_an_own_row_cannot_be_given_away(owned, person, to):
    me, other = narrowed(person, owned), person()
    row = make_row(owned, owner=me.user)
    api, before = Api(me.browser), snapshot(owned)
    owner = {"id": other.user.pk} if to == "somebody else" else None
    assert "owner" in faults(api.patch(row_url(owned, row.pk), {"owner": owner}), 422)
    assert "owner" in faults(api.post(rows_url(owned), {**body_of(owned), "owner": owner}), 422)
    assert snapshot(owned) == before


def test_a_new_row_is_mine_unless_i_say_otherwise(owned, person):
    me = narrowed(person, owned)
    made = Api(me.browser).post(rows_url(owned), body_of(owned))
    assert made.status_code == 201 and made.json()["owner"] == {"id": me.user.pk, "label": str(me.user)}


@pytest.fixture(params=CASES, ids=[f"{resource.key()}.{name}" for resource, name in CASES])
def case(request, atelier):
    resource, name = request.param
    value, traces = sample_of(resource).sensitive[name]
    row = make_row(resource)
    resource.model._default_manager.filter(pk=row.pk).update(**{name: value})
    row.refresh_from_db()
    return resource, name, resource.sensitive[name], row, traces


def test_a_sensitive_field_is_nowhere_without_its_right(case, person):
    resource, name, right, row, traces = case
    clerk, chief = person(**{resource.module: "write"}), person(**{resource.module: "write"}, rights=[right])
    mine, theirs = Api(clerk.browser), Api(chief.browser)
    many, one = rows_url(resource), row_url(resource, row.pk)
    for url in (many, one, f"{many}?q={WORD}"):
        text = mine.get(url).content.decode()
        assert not [trace for trace in (*traces, f'"{name}"') if trace in text], url
    assert str(getattr(row, name)) == theirs.get(one).json()[name] == theirs.get(many).json()["results"][0][name]
    # Asked for by name: refused as any name that does not exist, in the same words.
    filters = [f for f, said in resource.filters.base_filters.items() if said.field_name.partition("__")[0] == name]
    for query in ({"fields": name}, {"sort": name}, *({f: "1"} for f in filters)):
        (parameter, asked), filtering = next(iter(query.items())), "fields" not in query and "sort" not in query
        nonsense = {"zzz": "1"} if filtering else {parameter: "zzz"}
        refused, strange = problem(mine.get(many, **query), 400), problem(mine.get(many, **nonsense), 400)
        assert str(refused).replace(parameter if filtering else asked, "zzz") == str(strange), query
        if "sort" not in query:
            assert theirs.get(many, **query).status_code == 200
    value = getattr(row, name)
    assert faults(mine.patch(one, {name: "1"}), 400) == {name: "unknown"}
    assert faults(mine.post(many, {**body_of(resource), name: "1"}), 400) == {name: "unknown"}
    # A change of the rest loses nothing.
    read = mine.get(one)
    changed = mine.put(one, {**read.json(), **sample_of(resource).change}, **{"If-Match": read.headers["ETag"]})
    assert changed.status_code == 200 and name not in changed.json()
    row.refresh_from_db()
    assert getattr(row, name) == value
    # And what is not seen does not show by the tag either.
    tag = mine.get(one).headers["ETag"]
    resource.model._default_manager.filter(pk=row.pk).update(**{name: None})
    assert Event.objects.latest("pk").fields == [name]
    assert mine.get(one).headers["ETag"] == tag


def test_every_resource_has_an_address(atelier):
    from django.urls import resolve

    for resource in RESOURCES:
        assert resolve(rows_url(resource)).kwargs == {"resource": resource}
