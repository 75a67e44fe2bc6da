"""The document of a record: what its page shows, to this person, as plain texts. Everything from the Resource."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db import models
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.accounts.models import User
from core.actions.notes import notes_of
from core.actions.tags import tags_of
from core.columns import declared, label_of
from core.custom.definitions import field_of, fields_of
from core.display import css_of, moment, number, plain
from core.exporting.recording import may_extract
from core.keyset import capped_count
from core.lean import lean
from core.resource import Col, Related, Resource
from core.tabs import count_label

MAX_ROWS = 100  # of each related list; beyond, the list's own export is what one wants
MAX_NOTES = 100
_MAX_COLUMNS = 5  # of a related list, on a page of 17 cm
_SCREEN_ONLY = "updated_at"


@dataclass
class Sheet:
    """The data of `templates/pdf/record.typ`, and what the register of extractions is told."""

    data: dict[str, Any]
    columns: list[str]  # the facts, by name
    related: dict[type[Resource], tuple[list[str], int]] = field(default_factory=dict)  # columns and rows that left
    notes: int = 0


def sheet(resource: type[Resource], row: models.Model, user: User, *, related: bool, notes: bool) -> Sheet:
    """`row` comes from the person's rows. A constant number of queries."""
    hidden = resource.hidden_from(user)
    badge = resource.badge_of(row, user)
    made = Sheet(
        data={
            "title": resource.title(row),
            "subtitle": resource.subtitle_of(row, user),
            "badge": badge["label"] if badge else "",
            "mention": _("%(label)s n° %(number)s") % {"label": resource.label, "number": row.pk},
            "tags": [tag.name for tag in tags_of(resource.key(), [row.pk]).get(row.pk, ())],
            "groups": [*_groups(resource, row, hidden), _dates(row)],
            "related": [],
            "notes": [],
            "notes-label": _("Notes"),
        },
        columns=[name for name in (*resource.form.base_fields, *_custom(resource)) if name not in hidden],
    )
    for pointing in printable_related(resource, user) if related else ():
        _add_related(made, pointing, row, user)
    if notes:
        _add_notes(made, row)
    return made


def printable_related(resource: type[Resource], user: User) -> list[Related]:
    """The related lists that this person may take out."""
    return [related for related in resource.related if may_extract(related.resource, user)]


def _groups(resource: type[Resource], row: models.Model, hidden: frozenset[str]) -> Iterator[dict[str, Any]]:
    """The facts, in the groups of the form."""
    form: Any = resource.form
    known = {*form.base_fields, *_custom(resource)} - hidden
    for legend, names in form.laid_out(resource.model):
        facts = [_fact(resource, row, name) for name in names if name in known]
        if facts:
            yield {"label": str(legend) or _("Informations"), "facts": facts}


def _custom(resource: type[Resource]) -> list[str]:
    return [one.name for one in fields_of(resource.model)]


def _fact(resource: type[Resource], row: models.Model, name: str) -> list[str]:
    model_field: Any = field_of(resource.model, name)
    return [capfirst(str(model_field.verbose_name)), text_of(model_field, row)]


def text_of(model_field: models.Field, row: models.Model) -> str:
    """A value in words: a row that it points to by its name."""
    if isinstance(model_field, models.ForeignKey):
        return str(getattr(row, model_field.name) or "")
    return plain(model_field, getattr(row, model_field.name))


def _dates(row: Any) -> dict[str, Any]:
    facts = [[_("Créée le"), moment(row.created_at)], [_("Modifiée le"), moment(row.updated_at)]]
    return {"label": _("Fiche"), "facts": facts}


def _add_related(made: Sheet, related: Related, row: models.Model, user: User) -> None:
    resource = related.resource
    cols = [col for col in declared(resource, user) if col.name not in (related.field, _SCREEN_ONLY)][:_MAX_COLUMNS]
    found = resource.rows(user).filter(**{related.field: row})
    rows = list(resource.first_order().apply(lean(found, {col.name for col in cols}))[: MAX_ROWS + 1])
    shown = rows[:MAX_ROWS]
    rest = capped_count(found) - MAX_ROWS if len(rows) > MAX_ROWS else 0
    fields: list[Any] = [field_of(resource.model, col.name) for col in cols]
    made.data["related"].append(
        {
            "label": resource.label_plural,
            "columns": [label_of(resource, col) for col in cols],
            "figures": [place for place, one in enumerate(fields) if css_of(one) == "num"],
            "rows": [_cells(resource, each, cols, fields) for each in shown],
            "empty": _("Aucune fiche."),
            "more": ngettext("et %s autre.", "et %s autres.", rest) % count_label(rest) if rest else "",
        }
    )
    if shown:
        made.related[resource] = ([col.name for col in cols], len(shown))


def _cells(resource: type[Resource], row: models.Model, cols: list[Col], fields: list[Any]) -> list[str]:
    """The first column names the row, as in the list."""
    return [resource.title(row), *(text_of(one, row) for one in fields[1:])] if cols else []


def _add_notes(made: Sheet, row: models.Model) -> None:
    found = list(notes_of(row)[: MAX_NOTES + 1])
    shown = found[:MAX_NOTES]
    made.notes = len(shown)
    made.data["notes"] = [
        {"head": f"{note.author or _('Auteur effacé')}, {moment(note.created_at)}", "text": note.text} for note in shown
    ]
    if len(found) > MAX_NOTES:
        made.data["notes-label"] = _("Notes (les %s dernières)") % number(MAX_NOTES)
