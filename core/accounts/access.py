"""What roles give: levels and scopes by module, and named rights (declared in core.registry)."""

from __future__ import annotations

import enum
from collections.abc import Collection, Iterable, Mapping
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


class Scope(enum.IntEnum):
    """Which rows of a module a role reaches; each scope contains the ones before it."""

    OWN = 1  # rows that the person owns
    TEAM = 2  # rows owned within the person's teams, or by nobody
    ALL = 3

    @classmethod
    def named(cls, name: str) -> Scope:
        """The scope of "own", "team" or "all"; anything else is OWN: closed, not open."""
        return cls.__members__.get(str(name).upper(), cls.OWN)


@dataclass(frozen=True)
class Grant:
    """What one role gives. A module that `scopes` does not name is reached whole."""

    levels: Mapping[str, str]
    scopes: Mapping[str, str] = field(default_factory=dict)
    rights: Iterable[str] = ()


@dataclass(frozen=True)
class Access:
    """What a person's roles give together: the highest level, the rights of all, and for each level its own reach.

    Reading everything in one role and writing one's own rows in another does not add up to writing everything.
    """

    levels: Mapping[str, Level] = field(default_factory=dict)
    scopes: Mapping[tuple[str, Level], Scope] = field(default_factory=dict)
    rights: frozenset[str] = frozenset()

    @classmethod
    def of(cls, grants: Iterable[Grant]) -> Access:
        best: dict[str, Level] = {}
        widest: dict[tuple[str, Level], Scope] = {}
        rights: set[str] = set()
        for grant in grants:
            rights.update(grant.rights)
            for module, name in grant.levels.items():
                given, scope = Level.named(name), Scope.named(grant.scopes.get(module, "all"))
                best[module] = max(best.get(module, Level.NONE), given)
                for level in Level:
                    if Level.NONE < level <= given:
                        widest[module, level] = max(widest.get((module, level), Scope.OWN), scope)
        return cls(best, widest, frozenset(rights))

    def without(self, modules: Collection[str]) -> Access:
        """The same, with nothing of these modules (those that the client's contract does not hold)."""
        if not modules:
            return self
        levels = {module: level for module, level in self.levels.items() if module not in modules}
        rights = frozenset(right for right in self.rights if right.partition(".")[0] not in modules)
        return Access(levels, self.scopes, rights)

    def level(self, module: str) -> Level:
        return self.levels.get(module, Level.NONE)

    def scope(self, module: str, level: Level = Level.READ) -> Scope:
        """How far the person reaches at this level; meaningless, and OWN, where the level is not theirs."""
        return self.scopes.get((module, level), Scope.OWN)

    def covers(self, other: Access) -> bool:
        """Whether everything that `other` gives is given here too, as widely: nobody gives what they do not have."""
        return (
            other.rights <= self.rights
            and all(self.level(module) >= level for module, level in other.levels.items())
            and all(self.scope(module, level) >= scope for (module, level), scope in other.scopes.items())
        )
