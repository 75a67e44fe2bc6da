"""A sensitive field, without its right, is nowhere: neither its name nor its value nor the fact that it changed."""

import pytest

from core.models import Event
from tests.contract.conftest import address, filled, snapshot
from tests.contract.samples import RESOURCES, WORD, make_row, sample_of

CASES = [(resource, name) for resource in RESOURCES for name in resource.sensitive]


@pytest.fixture(params=CASES, ids=[f"{resource.key()}.{name}" for resource, name in CASES])
def case(request, atelier):
    """(resource, field, right, the row with a value, what betrays it)."""
    resource, name = request.param
    value, traces = sample_of(resource).sensitive[name]
    row = make_row(resource)
    resource.model._default_manager.filter(pk=row.pk).update(**{name: value})
    row.refresh_from_db()
    return resource, name, resource.sensitive[name], row, traces


def pages(resource, row):
    yield from (resource.list_url, f"{resource.list_url}?q={WORD}", resource.create_url, "/", f"/palette/?q={WORD}")
    yield f"{resource.url('lookup')}?q={WORD}"
    yield from (resource.url(page, row.pk) for page in ("record", "history", "edit", "delete"))


def test_without_the_right_no_page_betrays_it(case, person):
    resource, name, _right, row, traces = case
    clerk = person(**{resource.module: "manage"})
    for url in pages(resource, row):
        answer = clerk.get(url)
        text = answer.content.decode()
        assert answer.status_code == 200, url
        for trace in (*traces, f'name="{name}"'):
            assert trace not in text, (url, trace)


def test_with_the_right_the_list_the_record_the_form_and_the_history_show_it(case, person):
    resource, name, right, row, traces = case
    clerk = person(**{resource.module: "manage"}, rights=[right])
    for page in ("record", "history"):
        assert traces[0] in clerk.get(resource.url(page, row.pk)).content.decode(), page
    if name in {col.name for col in resource.columns}:
        assert traces[0] in clerk.get(resource.list_url).content.decode()
    assert name in filled(clerk.get(resource.url("edit", row.pk)))


def test_it_cannot_be_sorted_or_filtered_by(case, person):
    resource, name, right, _row, _traces = case
    clerk, chief = person(**{resource.module: "read"}), person(**{resource.module: "read"}, rights=[right])
    for sort in (name, f"-{name}"):
        listing = clerk.get(resource.list_url, {"sort": sort}).context["listing"]
        assert listing.notices and len(listing.rows) == 1
    named = [f for f, said in resource.filters.base_filters.items() if said.field_name.partition("__")[0] == name]
    for parameter in named:
        # Above any value: whoever may filter sees nothing, whoever may not sees the row.
        asked = {parameter: "999999999"}
        assert len(clerk.get(resource.list_url, asked).context["listing"].rows) == 1
        assert len(chief.get(resource.list_url, asked).context["listing"].rows) == 0
        assert parameter not in clerk.get(resource.list_url).content.decode()


def test_saving_a_form_neither_shows_nor_changes_nor_loses_it(case, person):
    resource, name, _right, row, _traces = case
    clerk, url, value = person(**{resource.module: "write"}), resource.url("edit", row.pk), getattr(row, name)
    typed = {**filled(clerk.get(url)), **sample_of(resource).change, name: "1"}
    assert clerk.post(url, typed).status_code == 302
    row.refresh_from_db()
    assert getattr(row, name) == value
    assert clerk.post(resource.create_url, {**sample_of(resource).form, name: "1"}).status_code == 302
    assert getattr(resource.model._default_manager.latest("pk"), name) is None


def test_a_change_of_nothing_else_leaves_no_trace_on_screen(case, person):
    resource, name, right, row, _traces = case
    resource.model._default_manager.filter(pk=row.pk).update(**{name: None})
    assert Event.objects.latest("pk").fields == [name]
    clerk, chief = person(**{resource.module: "read"}), person(**{resource.module: "read"}, rights=[right])

    def entries(someone):
        shown = someone.get(resource.url("history", row.pk)).context["history"]
        home = someone.get("/").context["events"]
        return [entry["kind"] for entry in shown], [entry["kind"] for entry in home]

    assert entries(clerk) == (["created"], ["created"])
    assert entries(chief) == (["updated", "updated", "created"], ["updated", "updated", "created"])


def test_titles_beneath_and_badges_drop_it_too(case, person, monkeypatch):
    from core.resource import Badge, Look

    resource, name, right, row, _traces = case
    clerk, chief = person(**{resource.module: "read"}).user, person(**{resource.module: "read"}, rights=[right]).user
    monkeypatch.setattr(resource, "look", Look(subtitle=(name,), badge=Badge(name)))
    assert resource.subtitle_of(row, clerk) == "" and resource.subtitle_of(row, chief) == str(getattr(row, name))
    assert resource.hint_of(row, clerk) == "" and resource.hint_of(row, chief) != ""
    assert resource.badge_of(row, clerk) is None and resource.badge_of(row, chief)["label"]


def test_pages_that_are_not_listed_here_keep_silent_as_well(case, person):
    """Whatever page a resource gets: asked without parameters, it does not name the field."""
    resource, name, _right, row, traces = case
    clerk, before = person(**{resource.module: "manage"}), snapshot(resource)
    for page in resource.pages():
        text = clerk.get(address(resource, page, row.pk)).content.decode()
        assert not [trace for trace in (*traces, f'"{name}"') if trace in text], page
    assert snapshot(resource) == before
