"""Which rows somebody sees by whom they belong to: one rule, for the ORM and for statements composed beforehand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import Q, QuerySet

from core.accounts.access import Scope

if TYPE_CHECKING:
    from core.accounts.models import User

_ME, _TEAM = -(2**62) - 4, (-(2**62) - 5,)  # stand for keys of people while a statement is composed


@dataclass(frozen=True)
class Sight:
    """All the rows of a table, or those of a person, or those of a team and those that are nobody's."""

    owner: str = ""  # the path to the person whom a row belongs to; "": every row is seen
    scope: Scope = Scope.ALL
    me: int = _ME
    team: tuple[int, ...] = _TEAM

    @classmethod
    def of(cls, user: User, owner: str, scope: Scope) -> Sight:
        """`team` is read only where the scope asks."""
        if not owner or scope is Scope.ALL:
            return EVERYTHING
        if scope is Scope.TEAM:
            return cls(owner, scope, team=tuple(sorted(user.team_people)))
        return cls(owner, scope, me=user.pk)

    def narrow(self, rows: QuerySet) -> QuerySet:
        if self.scope is Scope.ALL:
            return rows
        if self.scope is Scope.TEAM:
            return rows.filter(Q(**{f"{self.owner}__among": self.team}) | Q(**{f"{self.owner}__isnull": True}))
        return rows.filter(**{self.owner: self.me})  # alone: an index that begins with the owner keeps its order

    @property
    def shape(self) -> Sight:
        """The same with marks in the place of the people."""
        return Sight(self.owner, self.scope)

    @property
    def values(self) -> dict[str, Any]:
        """What a statement composed of `shape` is sent with; see SLOTS."""
        if self.scope is Scope.ALL:
            return {}
        return {"team": list(self.team)} if self.scope is Scope.TEAM else {"me": self.me}

    def filled(self, params: Sequence[Any]) -> list[Any]:
        """The parameters of such a statement, with the people in their places."""
        names = [SLOTS.get(tuple(param) if isinstance(param, list) else param) for param in params]
        return [self.values[name] if name else param for name, param in zip(names, params, strict=True)]


EVERYTHING = Sight()
SLOTS: Mapping[Any, str] = {_ME: "me", _TEAM: "team"}
