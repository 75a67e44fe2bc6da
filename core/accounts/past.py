"""What was done to an account, from the sealed history: names, roles and teams given and taken, by whom."""

from typing import Any

from django.db.models import Q
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from core.accounts.models import Role, Team, User
from core.models import Event

_LINES = 20
_LINKS = {"accounts.user_roles": "role_id", "accounts.team_members": "team_id"}


def changes_of(person: User) -> list[dict[str, Any]]:
    """[{at, actor, text}], newest first. Three queries, whatever there is."""
    mine = Q(values__after__user_id=person.pk) | Q(values__before__user_id=person.pk)
    events = Event.objects.filter(
        Q(model="accounts.user", object_id=person.pk) | (Q(model__in=list(_LINKS)) & mine)
    ).select_related("values").order_by("-pk")[:_LINES]  # fmt: skip
    names = {
        "role_id": {role.pk: role.name for role in Role.objects.all()},
        "team_id": {team.pk: team.name for team in Team.objects.all()},
    }
    return [
        {"at": event.at, "actor": event.actor_name or _("Système"), "text": text}
        for event in events
        if (text := _said(event, names))
    ]


def _said(event: Event, names: dict[str, dict[int, str]]) -> str:
    values = getattr(event, "values", None)
    before, after = (values.before or {}, values.after or {}) if values else ({}, {})
    column = _LINKS.get(event.model)
    if column is None:
        return _of_person(event, after)
    name = names[column].get((after or before).get(column, 0), _("supprimé"))
    given = event.kind == Event.Kind.CREATED
    if column == "role_id":
        return (_("Rôle donné : %s") if given else _("Rôle retiré : %s")) % name
    return (_("Entrée dans l’équipe : %s") if given else _("Sortie de l’équipe : %s")) % name


def _of_person(event: Event, after: dict[str, Any]) -> str:
    if event.kind == Event.Kind.CREATED:
        return _("Compte créé")
    if "is_active" in event.fields:
        return _("Compte rouvert") if after.get("is_active") else _("Compte désactivé")
    if "epoch" in event.fields:
        return _("Sessions fermées")
    labels = [capfirst(str(field.verbose_name)) for field in User._meta.concrete_fields if field.column in event.fields]
    return _("Modifié : %s") % ", ".join(labels) if labels else ""
