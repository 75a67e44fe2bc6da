"""Levels of access: (module, level), the highest of a person's roles."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from django.utils.translation import gettext_lazy as _


class Level(enum.IntEnum):
    """How far a role reaches in a module; each level contains the ones before it."""

    NONE = 0
    READ = 1
    WRITE = 2
    MANAGE = 3

    @classmethod
    def named(cls, name: str) -> Level:
        """The level of "none", "read", "write" or "manage"; anything else is NONE: closed, not open."""
        return cls.__members__.get(str(name).upper(), cls.NONE)


# "settings" is the instance itself: people, backups. The preset roles are in migrations/0002_presets.py.
MODULES = {"crm": _("Relation client"), "settings": _("Réglages")}


@dataclass(frozen=True)
class Access:
    """The highest level per module."""

    levels: Mapping[str, Level] = field(default_factory=dict)

    @classmethod
    def of(cls, roles: Iterable[Mapping[str, str]]) -> Access:
        best: dict[str, Level] = {}
        for levels in roles:
            for module, name in levels.items():
                best[module] = max(best.get(module, Level.NONE), Level.named(name))
        return cls(best)

    def level(self, module: str) -> Level:
        return self.levels.get(module, Level.NONE)
