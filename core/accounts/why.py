"""Who has which right, and why: from which of their roles, and how far."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from core.accounts.access import MODULES, Access, Level, Scope
from core.accounts.models import Role, User
from core.registry import registry

LEVEL_LABELS = {Level.READ: _("Lecture"), Level.WRITE: _("Écriture"), Level.MANAGE: _("Gestion")}
SCOPE_LABELS = {Scope.OWN: _("les siennes"), Scope.TEAM: _("celles de ses équipes"), Scope.ALL: _("toutes les fiches")}


@dataclass(frozen=True)
class Reason:
    """One thing that a person may do, in words, and the roles that give it."""

    label: Any
    extent: Any  # how far: "toutes les fiches"; "" where there is no question
    roles: tuple[str, ...]


def reasons(roles: Iterable[Role]) -> list[Reason]:
    """Everything that these roles give together: each level of each module, then each named right."""
    roles = list(roles)
    whole = Access.of([role.grant for role in roles])
    found = []
    for module, label in MODULES.items():
        for level in (Level.READ, Level.WRITE, Level.MANAGE):
            if whole.level(module) < level:
                continue
            scope = whole.scope(module, level)
            giving = [(role, Access.of([role.grant])) for role in roles]
            names = tuple(
                role.name for role, own in giving if own.level(module) >= level and own.scope(module, level) == scope
            )
            extent = "" if module == "settings" else SCOPE_LABELS[scope]
            found.append(Reason(f"{label} : {str(LEVEL_LABELS[level]).lower()}", extent, names))
    for code in sorted(whole.rights):
        right = registry.rights.get(code)
        names = tuple(role.name for role in roles if code in role.rights)
        found.append(Reason(right.label if right else code, "", names))
    return found


def holders(question: str) -> list[dict[str, Any]]:
    """The active people who have one right, with the roles that give it. Two queries.

    `question`: "crm:write" (at least that level) or a named right, "crm.export".
    """
    module, _colon, name = question.partition(":")
    level = Level.named(name) if name else Level.NONE
    out = []
    for person in User.objects.filter(is_active=True).prefetch_related("roles"):
        giving = []
        for role in person.roles.all():
            own = Access.of([role.grant])
            if (name and own.level(module) >= level > Level.NONE) or (not name and question in own.rights):
                extent = SCOPE_LABELS[own.scope(module, level)] if name and module != "settings" else ""
                giving.append({"name": role.name, "extent": extent})
        if giving:
            out.append({"person": person, "roles": giving})
    return out


def questions() -> list[tuple[str, str]]:
    """[(question, in words)] that `holders` answers."""
    levels = [
        (f"{module}:{level.name.lower()}", f"{label} : {str(LEVEL_LABELS[level]).lower()}")
        for module, label in MODULES.items()
        for level in LEVEL_LABELS
    ]
    return [*levels, *((right.code, str(right.label)) for right in registry.rights.values())]
