"""What leaves a list is what the list shows, for whom it shows it; it is recorded; a right may be demanded for it."""

import csv
import hashlib
import io
from unittest.mock import patch

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext
from django_tenants.utils import tenant_context
from python_calamine import CalamineWorkbook

from core.columns import choosable
from core.listing import Listing
from core.models import Extraction, ExtractionEnd, SavedView
from core.resource import Col
from tests.conftest import visitor
from tests.contract.samples import RESOURCES, make_row, sample_of

OWNED = [resource for resource in RESOURCES if resource.owner() == "owner"]
SENSITIVE = [(resource, name) for resource in RESOURCES for name in resource.sensitive]
WAYS = [("export", {"format": "csv"}), ("export", {"format": "xlsx"}), ("print-list", {})]


def ask(someone, resource, page="export", query="", **data):
    return someone.post(f"{resource.url(page)}?{query}", {"format": "csv", "columns": "shown", **data})


def sent(answer) -> bytes:
    """The whole body, as a browser takes it. The test client then closes it, as a server does."""
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


def hang_up(answer) -> None:
    """Leave before the end: the server closes the answer. The test's own connection must outlive that."""
    with patch.object(type(connections["default"]), "close_if_unusable_or_obsolete"):
        answer.close()


def cells(answer) -> list[list[str]]:
    """The lines of a CSV file, header first."""
    assert answer.status_code == 200, answer
    return list(csv.reader(io.StringIO(sent(answer).decode("utf-8-sig")), delimiter=";"))


def last() -> Extraction:
    return Extraction.objects.select_related("end").latest("pk")


def many(resource, number: int, **fields) -> None:
    name = sample_of(resource).varied[0]
    for rank in range(number):
        make_row(resource, **{name: f"Zyxoval {rank % 7} {rank:03d}", **fields})


@pytest.mark.parametrize("scope", ["own", "team", "all"])
def test_the_rows_and_their_order_are_those_of_the_list(resource, person, scope):
    me = person(**{resource.module: "read"}, scope=scope, teams=["Nord"])
    mate, other = person(teams=["Nord"]), person(teams=["Sud"])
    for owner in (me, mate, other, None):
        many(resource, 4, **({"owner": owner.user if owner else None} if resource in OWNED else {}))
    name = sample_of(resource).varied[0]
    sorts = [""] + [f"{sign}{col.name}" for col in resource.columns if col.sort for sign in ("", "-")]
    for query in (*(f"sort={sort}" for sort in sorts), "q=zyxoval+3"):
        listing = me.get(f"{resource.list_url}?{query}&view=all").context["listing"]
        wanted = [row.pk for row in listing.page.rows]
        assert wanted and not listing.next_url
        rows = Listing(resource, me.user, listing.params).filtered.in_bulk(wanted)
        main = resource.columns[0].name
        assert [line[0] for line in cells(ask(me, resource, query=query))[1:]] == [
            str(getattr(rows[pk], main)) for pk in wanted
        ], (query, name)


def test_the_columns_are_those_of_the_list_in_their_order(resource, person):
    me = person(**{resource.module: "read"}, rights=resource.sensitive.values())
    make_row(resource)
    names = list(choosable(resource, me.user))
    chosen = [names[0], *reversed(names[1:6])]
    view = SavedView.objects.create(resource=resource.key(), name="À moi", owner=me.user, columns=chosen)
    sent(ask(me, resource, query=f"view={view.pk}"))
    plan_names = [name for name in last().columns if name in chosen]
    assert plan_names == chosen and last().columns[0] == chosen[0]
    sent(ask(me, resource, columns="all"))
    assert set(last().columns) == {*names, "id"} and last().columns[0] == names[0]


@pytest.mark.parametrize(("page", "data"), WAYS)
def test_what_left_is_recorded_with_its_digest(resource, person, page, data):
    me = person(**{resource.module: "read"})
    many(resource, 4)
    body = sent(ask(me, resource, page, query="q=zyxoval&sort=nothing", **data))
    kept = last()
    assert (kept.actor, kept.actor_name, kept.resource, kept.scope) == (
        me.user, me.user.get_full_name(), resource.key(), "all",
    )  # fmt: skip
    assert kept.screen == resource.url_name(page) and kept.address == "127.0.0.1"
    assert (kept.end.outcome, kept.end.rows, kept.end.size) == ("complete", 4, len(body))
    assert kept.end.sha256 == hashlib.sha256(body).hexdigest()
    assert "Recherche : zyxoval" in kept.words and kept.params["q"] == ["zyxoval"]


def test_a_reader_who_hangs_up_is_recorded_with_what_left(resource, person, monkeypatch):
    monkeypatch.setattr("core.exporting.plan.BATCH", 2)
    me = person(**{resource.module: "read"})
    many(resource, 5)
    answer = ask(me, resource)
    parts = [next(answer.streaming_content), next(answer.streaming_content)]
    assert not ExtractionEnd.objects.exists()
    hang_up(answer)
    end = last().end
    assert (end.outcome, end.rows, end.size) == ("interrupted", 2, sum(map(len, parts)))
    assert end.sha256 == hashlib.sha256(b"".join(parts)).hexdigest()


def test_an_answer_that_nobody_reads_is_recorded_too(resource, person):
    me = person(**{resource.module: "read"})
    make_row(resource)
    hang_up(ask(me, resource))
    assert (last().end.outcome, last().end.rows, last().end.sha256) == ("interrupted", 0, "")


@pytest.mark.parametrize(("page", "data"), WAYS)
def test_without_the_right_that_the_list_demands_nothing_leaves(resource, person, monkeypatch, page, data):
    monkeypatch.setattr(resource, "extraction_right", f"{resource.module}.export")
    row = make_row(resource)
    clerk, chief = (
        person(**{resource.module: "manage"}),
        person(**{resource.module: "read"}, rights=[f"{resource.module}.export"]),
    )
    url = resource.url(page)
    text = clerk.get(resource.list_url).content.decode()
    assert url not in text and 'value="export"' not in text
    assert clerk.get(url).status_code == ask(clerk, resource, page, **data).status_code == 403
    assert ask(clerk, resource, page, ids=[row.pk], **data).status_code == 403
    assert clerk.post(resource.url("bulk"), {"action": "export", "ids": [row.pk]}).status_code == 403
    assert not Extraction.objects.exists()
    assert url in chief.get(resource.list_url).content.decode()
    assert sent(ask(chief, resource, page, **data)) and last().end.outcome == "complete"


def test_the_named_right_without_the_level_opens_nothing(resource, person, monkeypatch):
    monkeypatch.setattr(resource, "extraction_right", f"{resource.module}.export")
    nobody = person(rights=[f"{resource.module}.export"])
    assert ask(nobody, resource).status_code == 403 and not Extraction.objects.exists()


def test_people_of_elsewhere_take_nothing(resource, atelier, horizon, person):
    make_row(resource)
    assert ask(visitor(atelier), resource).status_code == 302
    me = person(**{resource.module: "manage"})
    with tenant_context(horizon):
        answer = visitor(horizon)
        answer.cookies = me.browser.cookies
        assert ask(answer, resource).status_code == 302, "a session of one host is worthless on another"
    assert not Extraction.objects.exists()


@pytest.mark.parametrize("columns", ["shown", "all"])
@pytest.mark.parametrize(("page", "data"), WAYS)
@pytest.mark.parametrize("case", SENSITIVE, ids=[f"{resource.key()}.{name}" for resource, name in SENSITIVE])
def test_a_sensitive_column_is_nowhere_without_its_right(case, person, page, data, columns):
    resource, name = case
    value, traces = sample_of(resource).sensitive[name]
    row = make_row(resource)
    resource.model._default_manager.filter(pk=row.pk).update(**{name: value})
    clerk, chief = (
        person(**{resource.module: "manage"}),
        person(**{resource.module: "read"}, rights=[resource.sensitive[name]]),
    )
    # A shared view that names the column shows it to whoever may see it, and to nobody else.
    view = SavedView.objects.create(
        resource=resource.key(),
        name="Tous",
        owner=chief.user,
        audience="everyone",
        columns=[resource.columns[0].name, name],
    )

    def text(someone) -> str:
        body = sent(ask(someone, resource, page, query=f"view={view.pk}", columns=columns, **data))
        if data.get("format") == "xlsx":
            return str(CalamineWorkbook.from_filelike(io.BytesIO(body)).get_sheet_by_index(0).to_python())
        return body.decode()

    assert not [trace for trace in traces if trace in text(clerk)]
    assert name not in last().columns
    assert [trace for trace in traces if trace in text(chief)]


def test_only_the_ticked_rows_leave_and_only_those_within_reach(resource, person):
    me = person(**{resource.module: "read"}, scope="own" if resource in OWNED else "all")
    mine = {"owner": me.user} if resource in OWNED else {}
    first, second = make_row(resource, **mine), make_row(resource, **mine)
    many(resource, 3, **mine)
    beyond = make_row(resource, owner=person().user) if resource in OWNED else None
    ids = f"{first.pk},{second.pk}" + (f",{beyond.pk}" if beyond else "")
    asked = me.post(f"{resource.url('bulk')}?q=zyxoval", {"action": "export", "ids": ids})
    assert asked.context["count"] == 2 and asked.context["left_out"] == (1 if beyond else 0)
    answer = me.post(asked.context["action_url"], {"ids": asked.context["ids"], "format": "csv", "columns": "shown"})
    assert len(cells(answer)) == 3
    assert last().selected == (3 if beyond else 2) and last().end.rows == 2


def test_everything_filtered_leaves_from_the_bulk_bar(resource, person):
    me = person(**{resource.module: "read"})
    many(resource, 9)
    asked = me.post(f"{resource.url('bulk')}?q=zyxoval+3", {"action": "export", "all": "1"})
    shown = asked.context["count"]
    assert 0 < shown < 9 and asked.context["ids"] is None
    assert len(cells(me.post(asked.context["action_url"], {"format": "csv", "columns": "shown"}))) == shown + 1


@pytest.mark.parametrize("data", [{"format": "csv"}, {"format": "csv", "columns": "all"}, {"format": "xlsx"}])
def test_the_number_of_queries_does_not_depend_on_the_number_of_rows(resource, person, data):
    me = person(**{resource.module: "read"}, rights=resource.sensitive.values())
    owner = {"owner": me.user} if resource in OWNED else {}

    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert sent(ask(me, resource, **data))
        return len([query for query in queries if not query["sql"].startswith("FETCH")])

    many(resource, 2, **owner)
    count()
    few = min(count() for _time in range(3))  # a cache that was slow to answer sends the session to the database
    many(resource, 200, **owner)
    assert min(count() for _time in range(3)) == few


def test_both_formats_hold_the_same(resource, person):
    me = person(**{resource.module: "read"}, rights=resource.sensitive.values())
    many(resource, 3)
    lines = cells(ask(me, resource, columns="all"))
    book = CalamineWorkbook.from_filelike(io.BytesIO(sent(ask(me, resource, columns="all", format="xlsx"))))
    sheet = book.get_sheet_by_index(0).to_python()
    assert sheet[0] == lines[0] and len(sheet) == len(lines) == 4
    texts = [index for index, value in enumerate(sheet[1]) if isinstance(value, str)]
    assert [[row[index] for index in texts] for row in sheet] == [[row[index] for index in texts] for row in lines]


@pytest.mark.parametrize(
    "data",
    [
        {"format": "pdf"},
        {"format": ""},
        {"columns": "x"},
        {"ids": "x"},
        {"ids": ""},
        {"ids": "9" * 30},
        {"ids": "\x00"},
    ],
)
@pytest.mark.parametrize(
    "query", ["", "sort=%00&after=zz&view=99999999999999999999&q=%ff%00", "owner=x&tags=y&nothing=1"]
)
def test_bad_input_takes_nothing_out_and_is_said(resource, person, query, data):
    me = person(**{resource.module: "read"})
    make_row(resource)
    answer = ask(me, resource, query=query, **data)
    assert answer.status_code in (200, 302) and not answer.streaming
    assert me.get(f"{resource.url('export')}?{query}").status_code == 200
    assert not Extraction.objects.exists()


def test_a_filter_that_does_not_exist_is_said_before_the_file_is_made(resource, person):
    me = person(**{resource.module: "read"})
    make_row(resource)
    text = me.get(f"{resource.url('export')}?sort=nothing").content.decode()
    assert "Ce tri n’existe pas" in text
    assert len(cells(ask(me, resource, query="sort=nothing"))) == 2


def test_a_column_of_the_models_own_is_written_for_every_kind_of_field(resource, person):
    """Each column that may be chosen is exported alone, so that a kind of field nobody thought of is found here."""
    me = person(**{resource.module: "read"}, rights=resource.sensitive.values())
    make_row(resource)
    for name in list(choosable(resource, me.user))[1:]:
        view = SavedView.objects.create(resource=resource.key(), name=name, owner=me.user, columns=[Col(name).name])
        for page, data in WAYS:
            assert sent(ask(me, resource, page, query=f"view={view.pk}", **data)), name
