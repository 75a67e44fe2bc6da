"""What a module declares of its dashboard, in its `dashboards.py`:

    add_dashboard(Dashboard("crm", _("Tableau de bord"), (
        Tile("crm.companies", _("Sociétés"), CompanyResource, Count(by="created")),
        Tile("crm.relations", _("Relations"), CompanyResource, Choices("relation"), size="m"),
    )))

A tile names no query: its figures are counts of lists under filters, and those filters are where its links lead.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import autodiscover_modules

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

    from core.accounts.models import User
    from core.resource import Resource

ME = "me"  # as the value of a filter on people: whoever looks
SIZES = ("s", "m", "l")  # a quarter, a half, the whole of a wide screen


@dataclass(frozen=True)
class Count:
    """How many rows. `by`: a filter by month, for the months behind the figure and what this one brought."""

    by: str = ""


@dataclass(frozen=True)
class Choices:
    """How many rows for each value of a filter with choices, drawn as a "donut", a "stack" or "bars"."""

    filter: str
    shape: str = "donut"


@dataclass(frozen=True)
class Months:
    """How many rows in each of the last months, by a filter by month (core.filters.MonthFacet): "bars" or "line"."""

    filter: str
    shape: str = "bars"
    months: int = 12


@dataclass(frozen=True)
class Rows:
    """The first rows of the list, in one of its orders."""

    sort: str
    limit: int = 6


@dataclass(frozen=True)
class Part:
    """What is no count of a list: a template, what fills it for a person, and whether they have it at all."""

    template: str
    fill: Callable[[User], dict[str, Any]]
    seen: Callable[[User], bool] = lambda user: True


Figure = Count | Choices | Months | Rows | Part


@dataclass(frozen=True)
class Tile:
    """`params`: the filters under which the list is taken. `home`: on the home page of who has not chosen."""

    key: str
    label: StrOrPromise
    resource: type[Resource] | None
    figure: Figure
    params: Mapping[str, str] = dataclasses.field(default_factory=dict)
    size: str = "s"
    icon: str = ""
    hint: StrOrPromise = ""
    home: bool = True


@dataclass(frozen=True)
class Dashboard:
    """A module's tiles, in order. It is a page of its own, and the first of the module's menu."""

    module: str
    label: StrOrPromise
    tiles: Sequence[Tile]


_dashboards: dict[str, Dashboard] = {}
_tiles: dict[str, Tile] = {}


def add_dashboard(dashboard: Dashboard) -> Dashboard:
    """Called by a module's dashboards.py."""
    if dashboard.module in _dashboards:
        raise ImproperlyConfigured(f"{dashboard.module} has two dashboards")
    add_tiles(dashboard.tiles)
    _dashboards[dashboard.module] = dashboard
    return dashboard


def add_tiles(added: Sequence[Tile]) -> None:
    """Tiles for the home page only."""
    for tile in added:
        if tile.key in _tiles or tile.size not in SIZES:
            raise ImproperlyConfigured(f"the tile {tile.key} is declared twice, or has no known size")
        _tiles[tile.key] = tile


def discover() -> None:
    """Import each module's `dashboards`; the core's own tiles come last."""
    autodiscover_modules("dashboards")
    from core.dashboards import parts  # noqa: F401 - it declares


def dashboards() -> Iterator[Dashboard]:
    return iter(_dashboards.values())


def dashboard_of(module: str) -> Dashboard | None:
    return _dashboards.get(module)


def tiles() -> Mapping[str, Tile]:
    """Every declared tile by its key, in the order of the modules."""
    return _tiles
