"""What recognises a row (number, unique value, identifier, e-mail, name), and the rows that lines name by it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.db.models import CharField, EmailField, Field, Model, Q, QuerySet, TextField
from django.db.models.functions import Lower

from core.accounts.access import Level, Scope
from core.importing.importer import Draft
from core.importing.lookups import unique_fields
from core.importing.targets import ID, Target
from core.search import folded
from core.text import fold

if TYPE_CHECKING:
    from core.accounts.models import User
    from core.resource import Resource


def keys_for(resource: type[Resource], mapped: Mapping[str, Target]) -> dict[str, str]:
    """{name: label} of what can recognise a row, of the mapped targets: the surest first.

    Unique values, then identifiers and e-mail, then names; people are known by both their names together.
    """
    fields = {field.name: field for field in resource.model._meta.concrete_fields}
    unique = [field.name for field in unique_fields(resource.model)]
    codes = [name for name, field in fields.items() if _is_code(field, resource)]
    emails = [name for name, field in fields.items() if isinstance(field, EmailField)]
    title = resource.first_order().field.name
    names = "first_name+last_name" if {"first_name", "last_name"} <= fields.keys() else title
    keys = {}
    for key in dict.fromkeys([ID, *unique, *codes, *emails, names]):
        parts = key.split("+")
        if all(part in mapped for part in parts):
            keys[key] = " + ".join(mapped[part].label for part in parts)
    return keys


class Key:
    """`name`: of `keys_for`, "" for none. `label` is for people. One for each pass."""

    def __init__(
        self, resource: type[Resource], name: str, targets: Mapping[str, Target], people: Sequence[User]
    ) -> None:
        self.resource, self.model, self.people = resource, resource.model, people
        self.parts = tuple(name.split("+")) if name in keys_for(resource, targets) else ()
        self.label = " + ".join(targets[part].label for part in self.parts)
        self.fields: dict[str, Field] = {field.name: field for field in self.model._meta.concrete_fields}
        self.is_number = self.parts == (ID,)
        self._ways = {part: _way(self.fields[part], resource) for part in self.parts if part in self.fields}
        self._found: dict[Any, list[Model]] = {}

    @cached_property
    def is_unique(self) -> bool:
        """Whether no two rows can have it."""
        return len(self.parts) == 1 and (
            self.is_number or self.parts[0] in {field.name for field in unique_fields(self.model)}
        )

    def value(self, draft: Draft) -> Any:
        """What recognises the line's row, as `load` finds it; None when the line does not give it."""
        if not self.parts:
            return None
        if self.is_number:
            return draft.facts.get(ID)
        found = tuple([_comparable(way, draft.values.get(name)) for name, way in self._ways.items()])
        return None if None in found or "" in found else found

    def load(self, drafts: Iterable[Draft], rows: QuerySet) -> list[Model]:
        """Fetch the rows that these lines name, by one query; returns them all."""
        self._found = {}
        wanted = {value for draft in drafts if (value := self.value(draft)) is not None}
        found = list(self._matching(rows, wanted)) if wanted else []
        for row in found:
            value = row.pk if self.is_number else tuple(
                _comparable(way, getattr(row, self.fields[name].attname)) for name, way in self._ways.items()
            )  # fmt: skip
            self._found.setdefault(value, []).append(row)
        return found

    def rows(self, value: Any) -> list[Model]:
        """Those of the last `load` that have this value."""
        return self._found.get(value, []) if value is not None else []

    def _matching(self, rows: QuerySet, wanted: set[Any]) -> QuerySet:
        if self.is_number:
            return rows.filter(pk__in=wanted)
        if not self.is_unique and self._is_narrow:
            # A name is nobody's own: a row out of reach is not recognised by it, nor betrayed.
            rows = rows.filter(pk__in=self._reached())
        tests = Q()
        for place, (name, way) in enumerate(self._ways.items()):
            values = {value[place] for value in wanted}
            if way == "exact":
                # The condition of a partial index, written out: PostgreSQL uses it for a long list only so.
                blank = Q(**{name: ""}) if isinstance(self.fields[name], CharField) else Q(pk__in=[])
                tests &= Q(**{f"{self.fields[name].attname}__in": values}) & ~blank
            else:
                rows = rows.alias(**{f"_key_{name}": Lower(name) if way == "address" else folded(name)})
                tests &= Q(**{f"_key_{name}__in": values})
                tests &= ~Q(**{name: ""}) if way == "address" else Q()
        return rows.filter(tests)

    @property
    def _is_narrow(self) -> bool:
        return any(self.resource.scope(person, Level.WRITE) is not Scope.ALL for person in self.people)

    def _reached(self) -> QuerySet:
        found = self.model._default_manager.all()
        for person in self.people:
            found = found.filter(pk__in=self.resource.rows(person, Level.WRITE).order_by().values("pk"))
        return found.order_by().values("pk")


def _way(field: Field, resource: type[Resource]) -> str:
    """How a field of the key is compared: as it is, as an address, or folded."""
    if isinstance(field, EmailField):
        return "address"
    return "folded" if isinstance(field, CharField | TextField) and not _is_code(field, resource) else "exact"


def _is_code(field: Field, resource: type[Resource]) -> bool:
    """An identifier: unique, or text that an index finds, with a validator of its own and no choice among a few."""
    if not isinstance(field, CharField) or isinstance(field, EmailField) or field.choices:
        return False
    if field.name in {unique.name for unique in unique_fields(resource.model)}:
        return True
    indexed = {name for index in resource.model._meta.indexes for name in index.fields[:1]}
    return field.name in indexed and len(field.validators) > 1


def _comparable(way: str, value: Any) -> Any:
    if not isinstance(value, str) or way == "exact":
        return value
    return value.casefold() if way == "address" else fold(value)
