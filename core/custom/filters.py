"""Filters on custom fields: ticked options with counts, bounds of figures and dates, beginnings of texts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import django_filters
from django import forms
from django.db.models import BooleanField, CharField, F, Func, Q, QuerySet, Value
from django.db.models.functions import Coalesce
from django.db.models.lookups import Exact, GreaterThanOrEqual, IsNull, LessThanOrEqual, StartsWith
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.custom.column import KEY, NAME, CustomColumn
from core.custom.definitions import fields_of
from core.custom.fields import FIRST_DAY, LAST_DAY, Virtual
from core.filters import Facet
from core.text import fold

if TYPE_CHECKING:
    from core.resource import Resource

NO_VALUE = "none"  # the option of rows without a value; ids of options are "o1"


@dataclass(frozen=True)
class Asked:
    """How the menu of filters shows an input: under which field, with which words and type."""

    field: Virtual
    label: Any
    type: str


def filters_of(resource: type[Resource], hidden: frozenset[str]) -> Iterator[tuple[str, Any]]:
    """(parameter, filter) of each live custom field that filters and that the person may see."""
    for field in fields_of(resource.model):
        if field.definition.filterable and field.name not in hidden:
            yield from _of(field)


def is_parameter(name: str) -> bool:
    """Whether a parameter of an address is one of a custom field's: of which the field may be gone."""
    return KEY.fullmatch(name.removesuffix("_min").removesuffix("_max")) is not None


def _of(field: Virtual) -> Iterator[tuple[str, Any]]:
    kind, name = field.definition.kind, field.name
    if kind in ("choice", "choices", "checkbox"):
        yield name, FACETS[kind](field)
    elif kind in ("number", "money"):
        yield f"{name}_min", NumberBound(field, GreaterThanOrEqual, gettext_lazy("Au moins"))
        yield f"{name}_max", NumberBound(field, LessThanOrEqual, gettext_lazy("Au plus"))
    elif kind == "date":
        yield f"{name}_min", DateBound(field, GreaterThanOrEqual, gettext_lazy("Du"))
        yield f"{name}_max", DateBound(field, LessThanOrEqual, gettext_lazy("Au"))
    else:
        yield name, Beginning(field)


class _Options(Facet):
    """Any of the ticked options, « Sans valeur » among them."""

    def __init__(self, field: Virtual) -> None:
        self.custom = field
        super().__init__(field_name=field.name, label=field.verbose_name, choices=self.options(), icon="list-filter")

    def options(self) -> list[tuple[str, str]]:
        return [*self.custom.definition.choices, (NO_VALUE, _("Sans valeur"))]

    def filter(self, rows: QuerySet, value: list[str]) -> QuerySet:
        return rows.filter(self.condition(set(value))) if value else rows

    def condition(self, chosen: set[str]) -> Q:
        raise NotImplementedError

    def counted(self, rows: QuerySet) -> QuerySet:
        """One column: the option of each row, as the parameter says it."""
        raise NotImplementedError


def words(field: Virtual) -> Func:
    """The value as text; the index of a choice that filters is on it."""
    return Func(F(NAME), template=f"(%(expressions)s ->> '{field.name}')", output_field=CharField())


class ChoiceFacet(_Options):
    def condition(self, chosen: set[str]) -> Q:
        found = Q()
        for option in sorted(chosen - {NO_VALUE}):
            found |= Q(Exact(words(self.custom), Value(option)))
        return found | Q(IsNull(words(self.custom), True)) if NO_VALUE in chosen else found

    def counted(self, rows: QuerySet) -> QuerySet:
        return rows.annotate(_value=Coalesce(words(self.custom), Value(NO_VALUE))).values_list("_value")


class ChoicesFacet(_Options):
    def condition(self, chosen: set[str]) -> Q:
        found = Q()
        for option in sorted(chosen - {NO_VALUE}):
            found |= Q(_contains(self.custom, [option]))
        return found | Q(IsNull(words(self.custom), True)) if NO_VALUE in chosen else found

    def counted(self, rows: QuerySet) -> QuerySet:
        held = f"coalesce(%(expressions)s -> '{self.custom.name}', '[\"{NO_VALUE}\"]')"
        each = Func(F(NAME), template=f"jsonb_array_elements_text({held})", output_field=CharField())
        return rows.annotate(_value=each).values_list("_value")


class CheckboxFacet(_Options):
    def options(self) -> list[tuple[str, str]]:
        return [("1", _("Oui")), ("0", _("Non"))]

    def condition(self, chosen: set[str]) -> Q:
        if len(chosen) > 1:
            return Q()
        return Q(Exact(self.custom.sort_key(), Value(1 if "1" in chosen else 0)))

    def counted(self, rows: QuerySet) -> QuerySet:
        return rows.annotate(_value=self.custom.sort_key()).values_list("_value")


FACETS: dict[str, type[_Options]] = {"choice": ChoiceFacet, "choices": ChoicesFacet, "checkbox": CheckboxFacet}


def _contains(field: Virtual, options: list[str]) -> Any:
    """`custom -> 'f12' @> '["o1"]'`: what a GIN index with jsonb_path_ops serves."""
    held = Func(F(NAME), template=f"(%(expressions)s -> '{field.name}')", output_field=CustomColumn())
    wanted = Func(Value(f'["{options[0]}"]'), template="(%(expressions)s)::jsonb", output_field=CustomColumn())
    return Func(held, wanted, template="(%(expressions)s)", arg_joiner=" @> ", output_field=BooleanField())


class _Bound(django_filters.Filter):
    def __init__(self, field: Virtual, lookup: Any, label: Any, **kwargs: Any) -> None:
        self.custom, self.lookup = field, lookup
        self.asked = Asked(field, label, self.input_type)
        super().__init__(field_name=field.name, label=field.verbose_name, required=False, **kwargs)

    input_type = "text"

    def bound(self, value: Any) -> Any:
        return value

    def filter(self, rows: QuerySet, value: Any) -> QuerySet:
        if value is None:
            return rows
        return rows.filter(self.lookup(self.custom.sort_key(), Value(self.bound(value))))

    def words(self, value: Any) -> str:
        """The chip of the filter."""
        sign = "≥" if self.lookup is GreaterThanOrEqual else "≤"
        return f"{sign} {self.custom.text(self.bound(value))}"


class NumberBound(_Bound):
    field_class: Any = forms.DecimalField
    input_type = "number"

    def __init__(self, *args: Any) -> None:
        super().__init__(*args, max_digits=20, decimal_places=6)


class DateBound(_Bound):
    field_class: Any = forms.DateField
    input_type = "date"

    def bound(self, value: Any) -> Any:
        return min(max(value, FIRST_DAY), LAST_DAY).isoformat()


class Beginning(_Bound):
    field_class: Any = forms.CharField

    def __init__(self, field: Virtual) -> None:
        super().__init__(field, StartsWith, gettext_lazy("Commence par"), max_length=200)

    def filter(self, rows: QuerySet, value: Any) -> QuerySet:
        folded = fold(value or "")
        if not folded:  # nothing, or only signs
            return rows
        return rows.filter(_begins(self.custom.sort_key(), folded))

    def words(self, value: Any) -> str:
        return f"{value}…"


def _begins(key: Any, folded: str) -> Any:
    """LIKE 'abc%': folded text has none of LIKE's own signs, and its index is in bytes (COLLATE "C")."""
    return Func(
        key, Value(f"{folded}%"), template="(%(expressions)s)", arg_joiner=" LIKE ", output_field=BooleanField()
    )
