"""Reading the history: events of a row or of everything, in people's words."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import models
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from core import record_reads
from core.accounts.access import Level, Scope
from core.accounts.models import User
from core.custom.definitions import field_of, field_of_column
from core.display import NONE, plain
from core.models import Event, Tagging
from core.registry import registry
from core.resource import Resource
from core.search import FOR_DATABASE

PAGE = 50
_HIDDEN = {"id", "created_at", "updated_at", *FOR_DATABASE}
_TAGGED = Event.objects.filter(model=Tagging._meta.label_lower)


def events_of(resource: type[Resource], pk: int, user: User, *, before: int | None = None) -> list[dict[str, Any]]:
    """The newest PAGE events of a row, older than event `before` when given. A constant number of queries.

    Sensitive fields that `user` may not see are left out, and so are changes of nothing else.
    """
    start = before or record_reads.FIRST
    events = record_reads.events(model=resource.key(), object_id=pk, before=start)
    taggings = {tagging.pk: tagging.tag for tagging in record_reads.taggings(model=resource.key(), object_id=pk)}
    if taggings:
        of_tags = _TAGGED.filter(object_id__in=list(taggings), pk__lt=start).select_related("values")
        events = sorted([*events, *of_tags.order_by("-pk")[:PAGE]], key=lambda event: -event.pk)[:PAGE]
    hidden = _hidden_columns(resource, user)
    found = [event for event in events if event.model != resource.key() or _concerns(event, hidden)]
    names = _related_names(resource.model, [event for event in found if event.model == resource.key()], hidden)
    return [
        _entry(event, resource.model, names, hidden)
        if event.model == resource.key()
        else _tag_entry(event, taggings[event.object_id])
        for event in found
    ]


def rows_events(resource: type[Resource], pk: int) -> models.QuerySet[Event]:
    """The events of a row with their values, newest first."""
    return Event.objects.filter(model=resource.key(), object_id=pk).select_related("values").order_by("-id")


def value_before(event: Event, column: str) -> tuple[bool, Any]:
    """(whether it is still known, the value of a column before an update)."""
    before = getattr(getattr(event, "values", None), "before", None)
    if event.kind != Event.Kind.UPDATED or before is None or column not in before:
        return False, None
    return True, before[column]


def label_of_column(model: type[models.Model], column: str) -> str:
    return _label(field_of_column(model, column), column)


def latest(user: User, limit: int = 12) -> list[dict[str, Any]]:
    """The newest events of the resources that this person may read, each with its row's title and address."""
    readable = [resource for resource in registry if resource.may(user, Level.READ)]
    if not readable:
        return []
    found = Event.objects.filter(_reached(readable, user)).order_by("-id")[: limit * 4]
    hidden = {resource.key(): _hidden_columns(resource, user) for resource in readable}
    events = [event for event in found if _concerns(event, hidden[event.model])]
    titles = _titles(user, events)
    out = []
    for event in events:
        key = (event.model, event.object_id)
        if key in titles:
            out.append({**_head(event), "title": titles[key][0], "url": titles[key][1]})
        if len(out) == limit:
            break
    return out


def _reached(readable: Iterable[type[Resource]], user: User) -> models.Q:
    """The events of rows within reach: where that is not every row, others' activity must not push mine out."""
    whole = [resource.key() for resource in readable if resource.scope(user) is Scope.ALL]
    reached = models.Q(model__in=whole)
    for resource in readable:
        if resource.key() not in whole:
            reached |= models.Q(model=resource.key(), object_id__in=resource.rows(user).values("pk"))
    return reached


def _hidden_columns(resource: type[Resource], user: User) -> frozenset[str]:
    """The columns of the table whose values this person may not see."""
    return frozenset(str(field_of(resource.model, name).column) for name in resource.hidden_from(user))


def _concerns(event: Event, hidden: frozenset[str]) -> bool:
    """Whether an event tells anything once the hidden columns are left out."""
    return not hidden or event.kind != Event.Kind.UPDATED or bool(set(event.fields) - _HIDDEN - hidden)


def _titles(user: User, events: Iterable[Event]) -> dict[tuple[str, int], tuple[str, str]]:
    wanted = defaultdict(set)
    for event in events:
        wanted[event.model].add(event.object_id)
    found = {}
    for label, pks in wanted.items():
        resource = registry.by_label[label]
        for row in resource.rows(user).filter(pk__in=pks):
            found[label, row.pk] = (resource.title(row), resource.url("record", row.pk))
    return found


def _tag_entry(event: Event, tag: Any) -> dict[str, Any]:
    """A tag put on a record or taken off it: the row of the link, told as something of the record."""
    values = getattr(event, "values", None)
    put = bool((getattr(values, "after", None) or {}).get("active", event.kind == Event.Kind.CREATED))
    said = {"kind": "tagged" if put else "untagged", "tag": tag, "changes": []}
    return {**_head(event), **said}


def _head(event: Event) -> dict[str, Any]:
    return {
        "type": "event",
        "id": event.pk,
        "at": event.at,
        "actor": event.actor_name or _("Système"),
        "screen": screen_label(event),
        "kind": event.kind,
        "kind_label": event.get_kind_display(),
        "gesture": event.operation.partition(":")[0],
    }


def screen_label(event: Event) -> str:
    """From where a change came, in words; "" when nothing is known."""
    operation, _colon, number = event.operation.partition(":")
    if operation == "import":
        return _("Import n° %s") % number
    if operation == "bulk":
        return _("Sur plusieurs fiches")
    if operation == "backup":
        return _("Sauvegarde n° %s") % number
    if operation == "undo":
        return _("Annulation de l’import n° %s") % number
    if operation in ("merge", "unmerge"):
        return (_("Fusion n° %s") if operation == "merge" else _("Fusion n° %s défaite")) % number
    words = {"bin": _("Corbeille"), "restore": _("Corbeille"), "revert": _("Valeur rétablie depuis l’historique")}
    if operation in words:
        return words[operation]
    if event.screen.startswith("api-"):
        return _("API")
    words = {
        "create": _("Création"), "edit": _("Formulaire"), "delete": _("Suppression"), "field": _("Fiche"),
        "tags": _("Fiche"), "tag": _("Fiche"),
    }  # fmt: skip
    return words.get(event.screen.rpartition("-")[2], "")


def _entry(
    event: Event, model: type[models.Model], names: dict[tuple[str, Any], str], hidden: frozenset[str]
) -> dict[str, Any]:
    values = getattr(event, "values", None)
    before, after = (values.before or {}, values.after or {}) if values else ({}, {})
    changes = []
    for column in event.fields:
        if column in _HIDDEN or column in hidden:
            continue
        field = field_of_column(model, column)
        if _unsaid(values, column):  # told by its name only: core.models.custom
            changes.append({"label": _label(field, column), "unsaid": True})
            continue
        old, new = _shown(field, column, before.get(column), names), _shown(field, column, after.get(column), names)
        if old or new:
            changes.append(
                {"label": _label(field, column), "column": column, "before": old or NONE, "after": new or NONE}
            )
    return {**_head(event), "changes": changes}


def _unsaid(values: Any, column: str) -> bool:
    """Whether a column is told by its name only."""
    if values is None or values.forgotten_at is not None:
        return False
    return column not in (values.before or {}) and column not in (values.after or {})


def _label(field: models.Field | None, column: str) -> str:
    return capfirst(str(field.verbose_name)) if field is not None else column


def _shown(field: models.Field | None, column: str, value: Any, names: dict[tuple[str, Any], str]) -> str:
    if field is None:
        return "" if value is None else str(value)
    if isinstance(field, models.ForeignKey) and value is not None:
        return names.get((column, value), f"n° {value}")
    return plain(field, value)


def _related_names(
    model: type[models.Model], events: Sequence[Event], hidden: frozenset[str]
) -> dict[tuple[str, Any], str]:
    """The names of the rows that foreign keys in these events point to: one query a key."""
    names: dict[tuple[str, Any], str] = {}
    for field in model._meta.concrete_fields:
        if not isinstance(field, models.ForeignKey) or field.column in hidden:
            continue
        pks = {
            side[field.column]
            for event in events
            if (values := getattr(event, "values", None))
            for side in (values.before or {}, values.after or {})
            if side.get(field.column) is not None
        }
        if pks:
            for row in field.related_model._default_manager.filter(pk__in=pks):
                names[field.column, row.pk] = str(row)
    return names
