"""Filters of lists: facets that a person ticks."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import django_filters
from django import forms
from django.db.models import Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django_filters.fields import ModelChoiceIterator, ModelMultipleChoiceField

from core.accounts.models import User
from core.actions.tags import known_tags, tagged_with

if TYPE_CHECKING:
    from django.http import QueryDict

    from core.resource import Resource


class Facet(django_filters.MultipleChoiceFilter):
    """Any of the ticked values of a field with choices. `icon` is shown on its button."""

    def __init__(self, *args: Any, icon: str = "list-filter", **kwargs: Any) -> None:
        self.icon = icon
        super().__init__(*args, widget=forms.CheckboxSelectMultiple, distinct=False, **kwargs)


class _PeopleIterator(ModelChoiceIterator):
    """In one query: Django opens a server-side cursor, four round trips, for what may be a handful of names."""

    def __iter__(self) -> Iterator[tuple[Any, str]]:
        names = self.queryset.values_list("pk", "first_name", "last_name", "email")
        for pk, first, last, email in names:
            yield pk, f"{first} {last}".strip() or email


class _PeopleField(ModelMultipleChoiceField):
    iterator = _PeopleIterator


class PersonFacet(django_filters.ModelMultipleChoiceFilter):
    """Any of the ticked people."""

    icon = "users"
    field_class = _PeopleField

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, queryset=_people, distinct=False, **kwargs)


def _people(request: Any) -> Any:
    return User.objects.filter(is_active=True)


class MonthFacet(django_filters.MultipleChoiceFilter):
    """Any of the ticked months of a moment ("2026-11"), Paris time: what dashboards count by. Give the model an index
    on the field: a month is a range of it."""

    OFFERED = 24

    def __init__(self, field_name: str, *, label: Any, icon: str = "calendar") -> None:
        self.icon = icon
        # Not "exact": nobody may count its options by the values of the field.
        super().__init__(
            field_name, "range", label=label, choices=self._choices, widget=forms.CheckboxSelectMultiple, distinct=False
        )

    def _choices(self) -> list[tuple[str, str]]:
        months = self.last(self.OFFERED, timezone.localdate())
        return [(f"{year}-{month:02}", self.label_of(year, month)) for year, month in reversed(months)]

    def filter(self, rows: Any, value: list[str]) -> Any:
        wanted = Q()
        for text in value:
            year, month = int(text[:4]), int(text[5:])
            start, end = _midnight(year, month), _midnight(year + month // 12, month % 12 + 1)
            wanted |= Q(**{f"{self.field_name}__gte": start, f"{self.field_name}__lt": end})
        return rows.filter(wanted)

    @staticmethod
    def last(number: int, today: dt.date) -> list[tuple[int, int]]:
        """The (year, month) of that many months, the oldest first, up to today's."""
        place = today.year * 12 + today.month - 1
        return [(month // 12, month % 12 + 1) for month in range(place - number + 1, place + 1)]

    @staticmethod
    def label_of(year: int, month: int) -> str:
        return _month_label(year, month, get_language())


@lru_cache(maxsize=256)
def _month_label(year: int, month: int, language: str | None) -> str:
    return date_format(dt.date(year, month, 1), "F Y")


@lru_cache(maxsize=256)
def _midnight(year: int, month: int) -> dt.datetime:
    return timezone.make_aware(dt.datetime(year, month, 1))


class TagFacet(django_filters.MultipleChoiceFilter):
    """Any of the ticked tags. Every list has it: see bind_as_given."""

    icon = "tag"

    def __init__(self, label: str) -> None:
        self.model_label = label
        super().__init__(
            field_name="tags", label=_("Étiquettes"), choices=self._choices, widget=forms.CheckboxSelectMultiple
        )

    def _choices(self) -> list[tuple[str, str]]:
        return [(str(pk), name) for pk, name in known_tags(self.model_label).values_list("pk", "name")]

    def filter(self, rows: Any, value: list[str]) -> Any:
        return rows.filter(pk__in=tagged_with(self.model_label, [int(key) for key in value])) if value else rows


def bind(resource: type[Resource], user: User, data: QueryDict) -> tuple[Any, bool]:
    """(the resource's filters on this person's rows; whether a malformed one was ignored)."""
    bound = bind_as_given(resource, user, data)
    if bound.is_valid():
        return bound, False
    kept = bound.data.copy()
    for name in bound.form.errors:
        kept.pop(name, None)
    bound = bind_as_given(resource, user, kept)
    bound.is_valid()
    return bound, True


def bind_as_given(resource: type[Resource], user: User, data: QueryDict) -> Any:
    """Without the filters on sensitive fields that the person may not see, and with the people within reach."""
    from core.custom.filters import filters_of  # they are facets too

    hidden = resource.hidden_from(user)
    bound = (resource.filters or django_filters.FilterSet)(data, queryset=resource.rows(user))
    for name, filter_ in filters_of(resource, hidden):
        bound.filters[name] = filter_
        filter_.parent, filter_.model = bound, resource.model
    bound.filters.setdefault("tags", TagFacet(resource.key()))
    bound.filters["tags"].parent, bound.filters["tags"].model = bound, resource.model
    for name, filter_ in list(bound.filters.items()):
        if filter_.field_name.partition("__")[0] in hidden:
            del bound.filters[name]
        elif isinstance(filter_, PersonFacet):
            filter_.queryset = user.colleagues(resource.scope(user))
    return bound
