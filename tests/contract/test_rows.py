"""Row scopes: what is hidden exists nowhere, and nobody gives away what they would then no longer see."""

import pytest
from django.test import override_settings

from tests.contract.conftest import address, filled, is_row_page, snapshot
from tests.contract.samples import RESOURCES, WORD, make_row, sample_of

OWNED = [resource for resource in RESOURCES if resource.owner() and "__" not in resource.owner()]


def pytest_generate_tests(metafunc):
    """Only resources whose rows belong to somebody."""


@pytest.fixture(params=OWNED, ids=[resource.key() for resource in OWNED])
def owned(request):
    return request.param


def narrowed(person, owned, scope="own", **kwargs):
    return person(**{owned.module: "manage"}, scope=scope, **kwargs)


def refused(answer) -> dict:
    """The errors of the form that came back instead of a redirect."""
    assert answer.status_code in (200, 422)
    return answer.context["form"].errors


@pytest.mark.parametrize("scope", ["own", "team"])
def test_a_row_out_of_reach_is_a_404_on_every_page_whatever_is_sent(owned, person, scope):
    me, other = narrowed(person, owned, scope, teams=["Nord"]), person(teams=["Sud"])
    row = make_row(owned, owner=other.user)
    before = snapshot(owned)
    for page in filter(lambda page: is_row_page(owned, page), owned.pages()):
        url = address(owned, page, row.pk)
        assert me.get(url).status_code in (404, 405), page
        assert me.post(url, {**sample_of(owned).form, "owner": me.user.pk}).status_code in (404, 405), page
    assert me.get(owned.url("record", row.pk)).status_code == 404
    assert me.post(owned.url("edit", row.pk), {**sample_of(owned).form, "owner": me.user.pk}).status_code == 404
    assert me.post(owned.url("delete", row.pk)).status_code == 404
    assert snapshot(owned) == before


def test_a_row_out_of_reach_shows_in_no_list_search_or_activity(owned, person):
    me, other = narrowed(person, owned), person()
    other_row = make_row(owned, owner=other.user)
    title = owned.title(other_row)
    assert owned.rows(me.user).count() == 0
    for url in (owned.list_url, owned.url("lookup") + f"?q={WORD}", f"/palette/?q={WORD}", "/"):
        answer = me.get(url)
        assert answer.status_code == 200 and title not in answer.content.decode(), url
    mine = make_row(owned, owner=me.user)
    for url in (owned.list_url, owned.url("lookup") + f"?q={WORD}", f"/palette/?q={WORD}", "/"):
        assert owned.title(mine) in me.get(url).content.decode(), url
    assert list(owned.rows(me.user)) == [mine]


def test_a_team_shares_its_rows_and_those_of_nobody(owned, person):
    me = narrowed(person, owned, "team", teams=["Nord", "Est"])
    mate, outsider = person(teams=["Est"]), person(teams=["Sud"])
    rows = [make_row(owned, owner=someone) for someone in (me.user, mate.user, None)]
    make_row(owned, owner=outsider.user)
    assert set(owned.rows(me.user)) == set(rows)


@pytest.mark.parametrize("action", ["edit", "assign", "tag", "delete"])
def test_no_gesture_on_a_selection_reaches_a_row_out_of_reach(owned, person, action):
    me, other = narrowed(person, owned), person()
    row = make_row(owned, owner=other.user)
    before = snapshot(owned)
    for chosen in ({"ids": [row.pk]}, {"all": "1"}):
        answer = me.post(owned.url("bulk"), {"action": action, **chosen}, follow=True)
        assert answer.status_code == 200 and owned.title(row) not in answer.content.decode(), chosen
    assert snapshot(owned) == before


def test_others_activity_does_not_push_mine_off_the_home_page(owned, person):
    me, other = narrowed(person, owned), person()
    mine = make_row(owned, owner=me.user)
    for _number in range(60):
        make_row(owned, owner=other.user)
    assert owned.title(mine) in me.get("/").content.decode()


@pytest.mark.parametrize("to", ["somebody else", "nobody"])
def test_an_own_row_cannot_be_given_away_and_nothing_typed_is_lost(owned, person, to):
    me, other = narrowed(person, owned), person()
    row = make_row(owned, owner=me.user)
    url, before, change = owned.url("edit", row.pk), snapshot(owned), sample_of(owned).change
    typed = {**filled(me.get(url)), **change, "owner": other.user.pk if to == "somebody else" else ""}
    answer = me.post(url, typed)
    assert "owner" in refused(answer)
    for value in change.values():
        assert f'value="{value}"' in answer.content.decode()
    assert snapshot(owned) == before


def test_a_new_row_is_mine_unless_i_say_otherwise_and_then_it_is_refused(owned, person):
    me, form = narrowed(person, owned), sample_of(owned).form
    page = filled(me.get(owned.create_url))
    assert page["owner"] == [str(me.user.pk)]
    answer = me.post(owned.create_url, {**page, **form, "owner": ""})
    assert refused(answer) and "ne serait plus parmi celles" in answer.content.decode()
    assert snapshot(owned) == []
    assert me.post(owned.create_url, {**page, **form}).status_code == 302
    assert [row["owner_id"] for row in snapshot(owned)] == [me.user.pk]


def test_within_a_team_rows_pass_from_hand_to_hand_but_not_beyond(owned, person):
    me = narrowed(person, owned, "team", teams=["Nord"])
    mate, outsider = person(teams=["Nord"]), person(teams=["Sud"])
    row = make_row(owned, owner=me.user)
    url = owned.url("edit", row.pk)
    assert "owner" in refused(me.post(url, {**filled(me.get(url)), "owner": outsider.user.pk}))
    for owner in (mate.user, None, me.user):
        assert me.post(url, {**filled(me.get(url)), "owner": owner.pk if owner else ""}).status_code == 302
        row.refresh_from_db()
        assert row.owner == owner


def test_only_people_within_reach_are_offered(owned, person):
    me, other = narrowed(person, owned), person()
    row = make_row(owned, owner=me.user)
    for url in (owned.create_url, owned.url("edit", row.pk)):
        offered = me.get(url).context["form"].fields["owner"].queryset
        assert me.user in offered and other.user not in offered, url
    assert str(other.user) not in me.get(owned.list_url).content.decode()


def test_reading_everything_and_writing_ones_own_do_not_add_up(owned, person):
    from core.accounts.models import Role

    me, other = narrowed(person, owned), person()
    me.user.roles.add(Role.objects.create(name="Lit tout", levels={owned.module: "read"}))
    theirs, mine = make_row(owned, owner=other.user), make_row(owned, owner=me.user)
    before = snapshot(owned)
    assert me.get(owned.url("record", theirs.pk)).status_code == 200
    for page in ("edit", "delete"):
        assert me.get(owned.url(page, theirs.pk)).status_code == 403
        assert me.post(owned.url(page, theirs.pk), {**sample_of(owned).form}).status_code == 403
        assert owned.url(page, theirs.pk) not in me.get(owned.url("record", theirs.pk)).content.decode()
        assert owned.url(page, mine.pk) in me.get(owned.url("record", mine.pk)).content.decode()
    assert snapshot(owned) == before


@override_settings(DEBUG=False)
def test_rights_cost_one_query_and_teams_one_more_only_where_a_scope_asks(owned, person):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from core.accounts.models import User

    for scope, expected in (("all", 1), ("own", 1), ("team", 2)):
        user = User.objects.get(pk=narrowed(person, owned, scope, teams=["Nord"]).user.pk)
        with CaptureQueriesContext(connection) as queries:
            owned.rows(user)
            owned.rows(user)
            user.may(owned.module, 1)
            user.holds("crm.export")
        assert len(queries) == expected, scope
