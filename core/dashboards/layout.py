"""Which tiles a person's home page has, and in which order: their choice, their role's, or the declared ones."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction
from django.db.models import Q

from core.accounts.models import Role, User
from core.dashboards.counting import Reader
from core.dashboards.declaring import Tile, tiles
from core.models import DashboardLayout

MAX_TILES = 24


def visible(reader: Reader) -> dict[str, Tile]:
    """Every tile that this person may have."""
    return {key: tile for key, tile in tiles().items() if reader.sees(tile)}


def home(reader: Reader) -> tuple[list[Tile], bool]:
    """(the tiles of the person's home page, whether they are their own choice). One query."""
    allowed = visible(reader)
    user = reader.user
    kept = DashboardLayout.objects.filter(Q(user=user) | Q(role__users=user)).order_by("user_id", "role_id").first()
    if kept is None:
        return [tile for tile in allowed.values() if tile.home], False
    return [allowed[key] for key in kept.tiles if key in allowed], kept.user_id is not None


@transaction.atomic
def choose(keys: Sequence[str], *, by: User) -> None:
    """Keep a person's own home page. Tiles of theirs that they do not see at present come after: a right comes back."""
    allowed = visible(Reader(by))
    mine = DashboardLayout.objects.select_for_update().filter(user=by).first()
    unseen = [key for key in mine.tiles if key in tiles() and key not in allowed] if mine else []
    known = [key for key in dict.fromkeys(keys) if key in allowed][:MAX_TILES]
    DashboardLayout.objects.update_or_create(user=by, role=None, defaults={"tiles": known + unseen})


def reset(*, by: User) -> None:
    """Back to the home page of the person's role."""
    DashboardLayout.objects.filter(user=by).delete()


@transaction.atomic
def choose_for_role(role: Role, keys: Sequence[str]) -> None:
    """The home page of everyone of a role who has not chosen."""
    known = [key for key in dict.fromkeys(keys) if key in tiles()][:MAX_TILES]
    DashboardLayout.objects.update_or_create(role=role, user=None, defaults={"tiles": known})


def moved(keys: Sequence[str], key: str, step: int) -> list[str]:
    """The keys with one of them a place further; unchanged at an end."""
    out = list(dict.fromkeys(keys))
    if key in out:
        place = out.index(key)
        out.insert(min(max(place + step, 0), len(out) - 1), out.pop(place))
    return out
