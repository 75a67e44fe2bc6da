"""Rows of another resource that a file names: found by a unique value, an e-mail or their title, within reach.

A thousand lines ask a constant number of queries.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import Model, Q, QuerySet
from django.db.models.functions import Lower
from django.utils.translation import gettext as _

from core.accounts.access import Level, Scope
from core.registry import resource_of
from core.search import folded
from core.text import fold

if TYPE_CHECKING:
    from core.accounts.models import User

_WORDS = 8  # of a title that is looked for by its parts
_KEPT = 50_000  # answers kept in memory


class RowFinder:
    """`find` gives the row that a text names; `load` fetches the answers of many texts before."""

    def __init__(self, model: type[Model], people: Sequence[User]) -> None:
        self.model, self.resource = model, resource_of(model)
        self.people = people
        self.title_field: models.Field = self.resource.first_order().field
        hidden = hidden_from(self.resource, people)
        self.unique = [
            field for field in unique_fields(model) if isinstance(field, models.CharField) and field.name not in hidden
        ]
        self.emails = [
            field for field in model._meta.concrete_fields
            if isinstance(field, models.EmailField) and field.name not in hidden
        ]  # fmt: skip
        self._known: dict[str, list[Model]] = {}
        self.rows_by_pk: dict[Any, Model] = {}

    @property
    def rows(self) -> QuerySet:
        """What all these people see."""
        found = self.model._default_manager.all()
        for person in self.people:
            if not self.resource.may(person, Level.READ) or self.resource.scope(person) is not Scope.ALL:
                found = found.filter(pk__in=self.resource.rows(person).order_by().values("pk"))
        return found

    def load(self, texts: Iterable[str]) -> None:
        """A query or two for all the texts that are new."""
        fresh = [text for text in dict.fromkeys(texts) if text not in self._known]
        if not fresh:
            return
        if len(self._known) > _KEPT:
            self._known.clear()
            self.rows_by_pk.clear()
        self._match(fresh, self._candidates(fresh, {fold(text) for text in fresh}))
        rest = [text for text in fresh if not self._known[text] and " " in text.strip()]
        if rest:  # a title made of several fields: « Anne Kervella », found by the one that sorts
            parts = {part for text in rest for part in _parts(text)}
            self._match(rest, self._candidates((), parts), titles_only=True)

    def find(self, text: str) -> list[Model]:
        """The rows that the text may mean: one, several or none. `load` first."""
        return self._known[text]

    def forget(self, text: str) -> None:
        self._known.pop(text, None)

    def _candidates(self, exact: Sequence[str], titles: set[str]) -> list[Model]:
        wanted = Q()
        if titles - {""}:
            wanted |= Q(_folded__in=titles - {""})
        for field in self.unique:
            if exact:
                wanted |= Q(**{f"{field.name}__in": {_compact(text) for text in exact} | set(exact)})
        rows = self.rows.alias(_folded=folded(self.title_field.name))
        addresses = {text.casefold() for text in exact if "@" in text}
        for field in self.emails if addresses else ():
            rows = rows.alias(**{f"_lower_{field.name}": Lower(field.name)})
            wanted |= Q(**{f"_lower_{field.name}__in": addresses})
        return list(rows.filter(wanted).order_by("pk")[: 20 * len(titles) + 1000]) if wanted else []

    def _match(self, texts: Sequence[str], rows: Sequence[Model], *, titles_only: bool = False) -> None:
        by_value: dict[str, dict[Any, Model]] = {}
        by_title: dict[str, dict[Any, Model]] = {}
        for row in rows:
            for field in [] if titles_only else [*self.unique, *self.emails]:
                if value := getattr(row, field.name):
                    by_value.setdefault(value.casefold(), {})[row.pk] = row
            names = {fold(self.resource.title(row)), fold(str(row))}
            if not titles_only:
                names.add(fold(str(getattr(row, self.title_field.name))))
            for name in names:
                by_title.setdefault(name, {})[row.pk] = row
        for text in texts:
            found = by_value.get(text.casefold()) or by_value.get(_compact(text).casefold())
            found = found or by_title.get(fold(text)) or {}
            exact = [row for row in found.values() if self.resource.title(row) == text]
            self._known[text] = exact if len(exact) == 1 else list(found.values())
            self.rows_by_pk.update(found)

    # --- what is missing ------------------------------------------------
    def may_create(self) -> bool:
        """Whether a row can be made of a title alone, by all these people."""
        needed = {
            field.name
            for field in self.model._meta.concrete_fields
            if not (field.blank or field.null or field.has_default() or field.has_db_default() or field.primary_key)
            and field.editable and not field.generated
        }  # fmt: skip
        form: Any = self.resource.form
        known = {field.name: field for field in self.model._meta.concrete_fields}
        asked = {name for name, field in form.base_fields.items() if field.required and field.initial is None}
        alone = needed | {name for name in asked if name not in known or not known[name].has_default()}
        return alone <= {self.title_field.name} and all(
            self.resource.may(person, Level.WRITE) and "__" not in self.resource.owner() for person in self.people
        )

    def owner_of_new(self) -> dict[str, Any]:
        """Whom a new row belongs to: to who imports, where they do not see all rows."""
        for person in self.people:
            if self.resource.scope(person, Level.WRITE) is not Scope.ALL:
                return {f"{self.resource.owner()}_id": person.pk}
        return {}

    def refusal(self, text: str, found: Sequence[Model], box: str = "") -> str:
        """`box`: the label of the field, where the columns' page offers to create what it names."""
        if not found and box:
            return _(
                "« %(text)s » n’est pas dans vos fiches : vérifiez l’orthographe, ou cochez « %(label)s : créer ce "
                "qui manque » avec les colonnes."
            ) % {"text": text[:80], "label": box}
        if not found:
            return (
                _("« %s » n’est pas dans vos fiches : vérifiez l’orthographe, ou créez la fiche d’abord.") % text[:80]
            )
        shown = ", ".join(f"n° {row.pk}" for row in found[:5])
        return _("« %(text)s » désigne plusieurs fiches (%(rows)s) : donnez un identifiant ou un e-mail.") % {
            "text": text[:80], "rows": shown,
        }  # fmt: skip


def hidden_from(resource: Any, people: Iterable[User]) -> frozenset[str]:
    return frozenset().union(*(resource.hidden_from(person) for person in people))


def unique_fields(model: type[Model]) -> list[models.Field]:
    """The fields that name one row alone, by the database's own word."""
    names = {
        constraint.fields[0]
        for constraint in model._meta.constraints
        if isinstance(constraint, models.UniqueConstraint)
        and len(constraint.fields) == 1
        and not constraint.expressions
    }
    return [
        field for field in model._meta.concrete_fields
        if (field.name in names or field.unique) and not field.primary_key
    ]  # fmt: skip


def _compact(text: str) -> str:
    return "".join(char for char in text if char not in " .-\u00a0\u202f\t")


def _parts(text: str) -> set[str]:
    """Every run of words: one of them is the field that the title begins or ends with."""
    found = fold(text).split()[:_WORDS]
    return {" ".join(found[start:end]) for start in range(len(found)) for end in range(start + 1, len(found) + 1)}
