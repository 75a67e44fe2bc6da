"""The figures of tiles: counts of lists under the lists' own filters, all of a page's in one query."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import QuerySet
from django.http import QueryDict
from django.utils import timezone

from core.accounts.access import Level
from core.accounts.models import User
from core.dashboards.declaring import ME, Choices, Count, Months, Part, Tile
from core.filters import MonthFacet, bind
from core.keyset import COUNT_CAP, capped_counts
from core.resource import Resource
from core.tabs import count_label
from core.templatetags.french import MONTHS

_SPARK = 6  # months behind a count


@dataclass
class Point:
    """A figure of a tile, and the list that it counts."""

    label: str
    url: str
    short: str = ""  # under an axis
    tone: str = ""
    count: int = 0

    @property
    def text(self) -> str:
        return count_label(self.count)


@dataclass
class Counted:
    """What a tile shows: the whole, then its parts in order."""

    tile: Tile
    total: Point
    points: list[Point] = field(default_factory=list)

    @property
    def partial(self) -> bool:
        return any(point.count > COUNT_CAP for point in self.points)


class Reader:
    """A person's lists: the filters of each are bound once for the page."""

    def __init__(self, user: User, today: dt.date | None = None) -> None:
        self.user = user
        self.today = today or timezone.localdate()
        self._bound: dict[type[Resource], Any] = {}

    def filters(self, resource: type[Resource]) -> Mapping[str, Any]:
        if resource not in self._bound:
            self._bound[resource], _ignored = bind(resource, self.user, QueryDict())
        bound = self._bound[resource]
        return bound.filters if bound is not None else {}

    def sees(self, tile: Tile) -> bool:
        """Whether the person reads the list, and has every filter that the tile counts by."""
        if isinstance(tile.figure, Part):
            return tile.figure.seen(self.user)
        if tile.resource is None or not tile.resource.may(self.user, Level.READ):
            return False
        known = self.filters(tile.resource)
        return all(name in known for name in filters_of(tile))

    def rows(self, tile: Tile, params: Mapping[str, str], rows: QuerySet | None = None) -> QuerySet:
        """The rows of a tile's list under filters; or those of `rows`."""
        resource: type[Resource] = tile.resource  # type: ignore[assignment]
        rows = resource.rows(self.user) if rows is None else rows
        for name, value in params.items():
            filter_ = self.filters(resource)[name]
            if value == ME:
                # As the filter would find, without asking whether this person exists.
                rows = rows.filter(**{filter_.field_name: self.user.pk})
            else:
                # Not cleaned: these values are declared, or are the filter's own, and to clean one is to list them all.
                rows = filter_.filter(rows, [value] if hasattr(filter_.field, "choices") else value)
        return rows

    def url(self, tile: Tile, params: Mapping[str, str], **more: str) -> str:
        """The list. A bare address would open on the view of the person's role: it says "all"."""
        resource: type[Resource] = tile.resource  # type: ignore[assignment]
        query = QueryDict(mutable=True)
        for name, value in params.items():
            query[name] = str(self.user.pk) if value == ME else value
        for name, value in more.items():
            query[name] = value
        return f"{resource.list_url}?{query.urlencode() or 'view=all'}"

    # --- tiles ------------------------------------------------------------------------------------------------------
    def counted(self, tiles: Iterable[Tile]) -> dict[str, Counted]:
        """{key: figures} of the tiles that count. One query."""
        found: dict[str, Counted] = {}
        asked: list[tuple[Point, QuerySet]] = []
        for tile in tiles:
            if not isinstance(tile.figure, Count | Choices | Months):
                continue
            total = Point(str(tile.label), self.url(tile, tile.params))
            found[tile.key] = Counted(tile, total)
            whole = self.rows(tile, tile.params)
            asked.append((total, whole))
            for point, params in self._parts(tile):
                found[tile.key].points.append(point)
                asked.append((point, self.rows(tile, params, whole)))
        for (point, _rows), count in zip(asked, capped_counts([rows for _point, rows in asked]), strict=True):
            point.count = count
        return found

    def _parts(self, tile: Tile) -> Iterable[tuple[Point, dict[str, str]]]:
        if isinstance(tile.figure, Choices):
            return self._choices(tile, tile.figure.filter)
        if isinstance(tile.figure, Months):
            return self._months(tile, tile.figure.filter, tile.figure.months)
        return self._months(tile, tile.figure.by, _SPARK) if tile.figure.by else ()  # type: ignore[union-attr]

    def _choices(self, tile: Tile, name: str) -> Iterable[tuple[Point, dict[str, str]]]:
        resource: type[Resource] = tile.resource  # type: ignore[assignment]
        filter_ = self.filters(resource)[name]
        badge = resource.look.badge
        tones = badge.tones if badge and badge.field == filter_.field_name else {}
        for value, label in filter_.field.choices:
            if str(value) != "":  # a list's facet leaves it out too
                more = {name: str(value)}
                tone = tones.get(str(value), "neutral") if tones else ""
                yield Point(str(label), self.url(tile, {**tile.params, **more}), tone=tone), more

    def _months(self, tile: Tile, name: str, number: int) -> Iterable[tuple[Point, dict[str, str]]]:
        for year, month in MonthFacet.last(number, self.today):
            more = {name: f"{year}-{month:02}"}
            label = MonthFacet.label_of(year, month)
            yield Point(label, self.url(tile, {**tile.params, **more}), short=MONTHS[month - 1]), more


def filters_of(tile: Tile) -> set[str]:
    """The filters that a tile counts by."""
    figure = tile.figure
    used = {figure.filter} if isinstance(figure, Choices | Months) else set()
    if isinstance(figure, Count) and figure.by:
        used.add(figure.by)
    return used | set(tile.params)
