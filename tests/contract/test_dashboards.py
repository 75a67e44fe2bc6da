"""A tile's figures are the counts of the lists behind them, for whoever looks, however far they reach."""

import datetime as dt
import itertools
import re
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from core.dashboards.counting import Reader
from core.dashboards.declaring import Choices, Count, Months, Part, Rows, dashboards, tiles
from core.dashboards.showing import shown
from tests.contract.samples import make_row, sample_of

TILES = list(tiles().values())
COUNTED = [tile for tile in TILES if isinstance(tile.figure, Count | Choices | Months)]
LISTED = [tile for tile in TILES if isinstance(tile.figure, Rows)]


def fill(tile, owners) -> None:
    """Rows of every value of every filter that has choices, of several months, of each owner."""
    resource = tile.resource
    chosen = [resource.filters.base_filters[name] for name in resource.filters.base_filters]
    fields = {
        filter_.field_name: [value for value, _label in resource.model._meta.get_field(filter_.field_name).choices]
        for filter_ in chosen
        if getattr(resource.model._meta.get_field(filter_.field_name), "choices", None)
    }
    moments = [timezone.now() - dt.timedelta(days=days) for days in (0, 1, 35, 80, 200, 800)]
    number = itertools.count()
    derived = sample_of(resource).derived
    owned = resource.owner() == "owner"
    for values in itertools.product(*fields.values()):
        given: dict = {}
        for name, value in zip(fields, values, strict=True):
            given |= derived[name](value) if name in derived else {name: value}
        for owner in owners if owned else [None]:
            row = make_row(resource, **given, **({"owner": owner} if owned else {}))
            when = moments[next(number) % len(moments)]
            resource.model._default_manager.filter(pk=row.pk).update(created_at=when)


def total_of(someone, url: str) -> int:
    return someone.get(url).context["listing"].total


@pytest.mark.parametrize("scope", ["own", "team", "all"])
@pytest.mark.parametrize("tile", COUNTED, ids=[tile.key for tile in COUNTED])
def test_every_figure_is_the_count_of_the_list_behind_its_link(tile, scope, person):
    me = person(**{tile.resource.module: "read"}, scope=scope, teams=["Nord"], rights=tile.resource.sensitive.values())
    mate, other = person(teams=["Nord"]), person(teams=["Sud"])
    fill(tile, [me.user, mate.user, other.user, None])
    counted = Reader(me.user).counted([tile])[tile.key]
    figures = [counted.total, *counted.points]
    assert [point.count for point in figures] == [total_of(me, point.url) for point in figures]
    assert counted.total.count > 0
    page = me.get(f"/dashboards/{tile.resource.module}/").content.decode()
    # The months behind a count are its little curve: only the present one is a link.
    linked = [counted.total, *counted.points[-1:]] if isinstance(tile.figure, Count) else counted.points
    for point in linked:
        assert point.url in unescape(page), point.label


@pytest.mark.parametrize("tile", LISTED, ids=[tile.key for tile in LISTED])
def test_the_rows_of_a_tile_are_the_first_of_its_list(tile, person):
    me, other = person(**{tile.resource.module: "read"}), person()
    for number in range(tile.figure.limit + 3):
        make_row(tile.resource, owner=(me.user, other.user)[number % 2])
    found = shown(Reader(me.user), [tile])[0]
    listed = me.get(found["url"]).context["listing"]
    assert [row["url"] for row in found["rows"]] == [row.url.partition("?")[0] for row in listed.rows][
        : tile.figure.limit
    ]
    assert found["rows"]


@pytest.mark.parametrize("tile", TILES, ids=[tile.key for tile in TILES])
def test_who_has_not_the_module_has_not_the_tile(tile, person):
    nobody = person(settings="manage")
    if isinstance(tile.figure, Part):
        return
    assert not Reader(nobody.user).sees(tile)
    nobody.post("/home/tiles/", {"order": [tile.key], "add": tile.key})
    for url in ("/", "/?arrange=1"):
        assert tile.key not in nobody.get(url).content.decode()
    assert nobody.get(f"/dashboards/{tile.resource.module}/").status_code == 403


@pytest.mark.parametrize("tile", COUNTED, ids=[tile.key for tile in COUNTED])
def test_a_tile_that_counts_by_a_hidden_field_is_not_there(tile, person, monkeypatch):
    reader = person(**{tile.resource.module: "manage"})
    by = [
        tile.resource.filters.base_filters[name].field_name
        for name in {*tile.params, getattr(tile.figure, "filter", "")} - {""}
    ]
    if not by:
        return
    monkeypatch.setattr(tile.resource, "sensitive", {by[0]: "essai.voir"})
    assert not Reader(reader.user).sees(tile)
    page = reader.get(f"/dashboards/{tile.resource.module}/").content.decode()
    assert not re.search(rf"{re.escape(tile.key)}(?![\w-])", page)  # not "crm.won" in "crm.won-amounts"


@pytest.mark.parametrize("dashboard", list(dashboards()), ids=lambda dashboard: dashboard.module)
def test_a_dashboard_costs_the_same_queries_for_any_number_of_rows(dashboard, person):
    me = person(**{dashboard.module: "manage"})
    resources = {tile.resource for tile in dashboard.tiles if tile.resource}

    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert me.get(f"/dashboards/{dashboard.module}/").status_code == 200
        return len(queries)

    def grow(number: int) -> None:
        for resource in resources:
            for _number in range(number):
                make_row(resource, **({"owner": me.user} if resource.owner() == "owner" else {}))

    grow(2)
    count()
    few = count()
    grow(30)
    many = count()
    if many > few:  # a cache that was slow to answer sends the session back to the database: looked at twice
        many = count()
    assert many <= few
    # One for each list, two at most for what a module draws itself.
    figures = [type(tile.figure) for tile in dashboard.tiles]
    assert few <= 8 + figures.count(Rows) + 2 * figures.count(Part)


def test_all_that_a_page_counts_is_one_query(person):
    me = person(**{tile.resource.module: "manage" for tile in COUNTED})
    reader = Reader(me.user)
    for tile in COUNTED:
        assert reader.sees(tile)
    with CaptureQueriesContext(connection) as queries:
        reader.counted(COUNTED)
    assert len(queries) == 1
    counts = re.findall(r"\(SELECT count\(\*\) FROM \(.*? LIMIT \d+\) AS found\)", queries[0]["sql"])
    assert len(COUNTED) < len(counts) == len(set(counts)), "what several tiles count alike is counted once"


def test_no_chart_needs_a_style_or_a_script(person):
    modules = {tile.resource.module for tile in COUNTED}
    for tile in COUNTED:
        make_row(tile.resource)
    for module in modules:
        page = person(**{module: "read"}).get(f"/dashboards/{module}/").content.decode()
        for drawing in re.findall(r"<svg class=\"(?:chart|donut|stack|meter|spark).*?</svg>", page, re.S):
            assert (
                "style=" not in drawing and "<script" not in drawing and " on" not in re.sub(r">[^<]*<", "><", drawing)
            )
