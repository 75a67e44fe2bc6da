"""Tiles as templates show them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from core.dashboards import charts
from core.dashboards.counting import Counted, Point, Reader
from core.dashboards.declaring import Choices, Count, Dashboard, Months, Part, Rows, Tile
from core.display import cell_writer
from core.keyset import Order
from core.lean import lean


def shown(reader: Reader, tiles: Sequence[Tile]) -> list[dict[str, Any]]:
    """Each tile with its content. One query for all that counts, one for each table."""
    counted = reader.counted(tiles)
    return [_shown(reader, tile, counted.get(tile.key), place) for place, tile in enumerate(tiles, 1)]


def of_dashboard(reader: Reader, dashboard: Dashboard) -> list[Tile]:
    """The tiles of a module's page that this person sees."""
    return [tile for tile in dashboard.tiles if reader.sees(tile)]


def _shown(reader: Reader, tile: Tile, counted: Counted | None, place: int) -> dict[str, Any]:
    head: dict[str, Any] = {
        "key": tile.key,
        "dom": f"tile-{place}",
        "label": tile.label,
        "hint": tile.hint,
        "size": tile.size,
        "icon": tile.icon or (tile.resource.look.icon if tile.resource else "layout-dashboard"),
        "url": "",
    }
    if isinstance(tile.figure, Part):
        return {**head, "kind": "part", "template": tile.figure.template, "content": tile.figure.fill(reader.user)}
    if isinstance(tile.figure, Rows):
        return {**head, **_rows(reader, tile, tile.figure)}
    if counted is None:
        raise TypeError(f"{tile.key}: no such figure")
    head |= {"url": counted.total.url, "total": counted.total.text, "empty": not counted.total.count}
    if isinstance(tile.figure, Count):
        return {**head, **_count(counted)}
    if isinstance(tile.figure, Months):
        return {**head, **_months(counted, tile.figure, head["dom"])}
    return {**head, **_choices(counted, tile.figure)}


def _count(counted: Counted) -> dict[str, Any]:
    points = counted.points
    return {
        "kind": "count",
        "spark": charts.sparkline([point.count for point in points]),
        "last": points[-1] if points else None,
    }


def _months(counted: Counted, figure: Months, name: str) -> dict[str, Any]:
    """The headline is the present month: the whole list is a click away, in the menu."""
    points = counted.points
    draw = charts.line if figure.shape == "line" else charts.bars
    return {
        "kind": "months",
        "chart": draw(points, name=name, title=str(counted.tile.label)),
        "points": points,
        "url": points[-1].url,
        "total": points[-1].text,
        "unit": _("ce mois-ci"),
        "change": _change(points),
        "empty": not any(point.count for point in points),
    }


def _change(points: Sequence[Point]) -> dict[str, str] | None:
    """The months before the present one, on average: a month that has just begun is no fall."""
    before = [point.count for point in points[:-1]]
    if not any(before):
        return None
    average = sum(before) / len(before)
    return {"average": charts.compact(round(average))}


def _choices(counted: Counted, figure: Choices) -> dict[str, Any]:
    points = counted.points
    whole = sum(point.count for point in points)
    highest = max((point.count for point in points), default=0)
    # Bars of a ranking are told apart by their places: one colour, unless the values have tones.
    css = (lambda point, _place: charts.series(point, 0)) if figure.shape == "bars" else charts.series
    legend = [
        {
            "point": point,
            "css": css(point, place),
            "share": charts.percent(point.count, whole),
            "meter": charts.meter(point.count, highest, css(point, place)) if figure.shape == "bars" else "",
        }
        for place, point in enumerate(points)
    ]
    chart = {"donut": lambda: charts.donut(points, counted.total.text), "stack": lambda: charts.stack(points)}
    return {
        "kind": "rank" if figure.shape == "bars" else figure.shape,
        "chart": chart[figure.shape]() if figure.shape in chart else "",
        "legend": legend,
        "partial": counted.partial,
    }


def _rows(reader: Reader, tile: Tile, figure: Rows) -> dict[str, Any]:
    """The first rows of the list in an order of its own, each with the value that it is sorted by."""
    resource: Any = tile.resource
    name = figure.sort.removeprefix("-")
    field: Any = resource.model._meta.get_field(name)
    found: QuerySet = lean(reader.rows(tile, tile.params), {name, *resource.look.subtitle})
    rows = Order(field, figure.sort.startswith("-")).apply(found)[: figure.limit]
    write = cell_writer(field)
    lines = [
        {
            "url": resource.url("record", row.pk),
            "title": resource.title(row),
            "subtitle": resource.subtitle_of(row, reader.user),
            "badge": resource.badge_of(row, reader.user),
            "avatar": resource.look.avatar,
            "value": write(row),
        }
        for row in rows
    ]
    return {"kind": "rows", "rows": lines, "url": reader.url(tile, tile.params, sort=figure.sort), "empty": not lines}
