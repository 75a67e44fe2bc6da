"""The core's own tiles: what happened lately, and the files that were imported."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from core.accounts.access import Level
from core.accounts.models import User
from core.dashboards.declaring import Part, Tile, add_tiles
from core.history import latest
from core.registry import registry
from core.resource import Resource

_EVENTS = 6
_IMPORTS = 5


def _activity(user: User) -> dict[str, Any]:
    return {"entries": latest(user, _EVENTS)}


def _fillable(user: User) -> dict[str, type[Resource]]:
    """The lists that this person may import into."""
    return {found.key(): found for found in registry if found.importer and found.may(user, Level.WRITE)}


def _imports(user: User) -> dict[str, Any]:
    from core.importing.reach import batches_for

    batches = batches_for(_fillable(user), user).only("filename", "state", "created", "updated", "refused", "sent_at")
    return {"batches": list(batches[:_IMPORTS])}


add_tiles(
    (
        Tile(
            "core.activity", _("Activité récente"), None, Part("core/_tile_activity.html", _activity), size="m",
            icon="activity",
        ),
        Tile(
            "core.imports", _("Derniers imports"), None,
            Part("core/_tile_imports.html", _imports, lambda user: bool(_fillable(user))), size="m", icon="upload",
            home=False,
        ),
    )
)  # fmt: skip
