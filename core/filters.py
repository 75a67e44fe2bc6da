"""Filters of lists: facets that a person ticks."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from copy import copy
from functools import cache, cached_property, lru_cache
from typing import TYPE_CHECKING, Any

import django_filters
from django import forms
from django.db.models import CharField, Func, Q, QuerySet, Value
from django.db.models.functions import TruncMonth
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django_filters.fields import ModelChoiceIterator, ModelMultipleChoiceField

from core.accounts.access import Scope
from core.accounts.models import User
from core.actions.tags import known_tags, tagged_with
from core.months import firsts_around, start_of

if TYPE_CHECKING:
    from django.http import QueryDict

    from core.resource import Resource


Pairs = tuple[tuple[str, str], ...]  # the values and the words of a facet's options
# Options beside months: {value: (words, the first day, the day after the last)}; None: without such an end.
Spans = Mapping[str, tuple[Any, dt.date | None, dt.date | None]]


class Facet(django_filters.MultipleChoiceFilter):
    """Any of the ticked values of a field with choices. `icon` is shown on its button."""

    def __init__(self, *args: Any, icon: str = "list-filter", **kwargs: Any) -> None:
        self.icon = icon
        self._offered: dict[str | None, Pairs] = {}  # by language; a copy of the filter shares it
        super().__init__(*args, widget=forms.CheckboxSelectMultiple, distinct=False, **kwargs)

    def offered(self) -> Pairs:
        """Written once a process, unless a function says them."""
        choices, language = self.extra.get("choices"), get_language()
        if callable(choices) and not isinstance(choices, type):
            return pairs_of(self.field)
        if language not in self._offered:
            self._offered[language] = pairs_of(self.field)
        return self._offered[language]


def pairs_of(field: Any) -> Pairs:
    """The options of a field with choices, as a list shows them: without the empty one."""
    return tuple((str(value), str(label)) for value, label in field.choices if str(value) != "")


class _PeopleIterator(ModelChoiceIterator):
    """In one query: Django opens a server-side cursor, four round trips, for what may be a handful of names."""

    def __iter__(self) -> Iterator[tuple[Any, str]]:
        names = self.queryset.values_list("pk", "first_name", "last_name", "email")
        for pk, first, last, email in names:
            yield pk, f"{first} {last}".strip() or email


class _PeopleField(ModelMultipleChoiceField):
    iterator = _PeopleIterator


class PersonFacet(django_filters.ModelMultipleChoiceFilter):
    """Any of the ticked people, and nobody."""

    icon = "users"
    field_class = _PeopleField
    user: User
    scope: Scope

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(
            *args, queryset=lambda request: User.objects.none(), distinct=False, null_value="none", **kwargs
        )

    def reach(self, user: User, scope: Scope) -> None:
        """Offer the people to whom this person may give a row."""
        self.user, self.scope = user, scope
        self.queryset = lambda request: user.colleagues(scope)
        if scope is not Scope.OWN:  # what is nobody's is then seen
            self.extra["null_label"] = _("Personne")

    def offered(self) -> Pairs:
        people = tuple((str(pk), name) for pk, name in self.user.colleague_names(self.scope))
        return people if self.scope is Scope.OWN else ((self.null_value, str(_("Personne"))), *people)


class MonthFacet(django_filters.MultipleChoiceFilter):
    """Any of the ticked months of a moment ("2026-11"), Paris time: what dashboards count by. Give the model an index
    on the field: a month is a range of it."""

    OFFERED = 24

    def __init__(self, field_name: str, *, label: Any, icon: str = "calendar") -> None:
        self.icon = icon
        # Not "exact": its options are not counted by the values of the field, but by `counted`.
        super().__init__(
            field_name, "range", label=label, choices=self._choices, widget=forms.CheckboxSelectMultiple, distinct=False
        )

    def months(self) -> Pairs:
        return _months(self.OFFERED, timezone.localdate().replace(day=1), get_language())

    def spans(self) -> Spans:
        return {}

    def _choices(self) -> Pairs:
        return (*self.months(), *((value, str(words)) for value, (words, _start, _end) in self.spans().items()))

    def offered(self) -> Pairs:
        return self._choices()

    def filter(self, rows: Any, value: list[str]) -> Any:
        wanted = Q()
        for text in value:
            wanted |= self._within(text)
        return rows.filter(wanted)

    def _within(self, text: str) -> Q:
        if text in (spans := self.spans()):
            _words, start, end = spans[text]
        else:
            year, month = int(text[:4]), int(text[5:])
            start, end = dt.date(year, month, 1), dt.date(year + month // 12, month % 12 + 1, 1)
        ends = {"gte": start, "lt": end}
        return Q(**{f"{self.field_name}__{side}": _midnight(day) for side, day in ends.items() if day})

    def counted(self, rows: Any) -> Any:
        """The month of each row, written as the options are; and each other option of which it is."""
        month = Func(TruncMonth(self.field_name), Value("YYYY-MM"), function="to_char", output_field=CharField())
        within = [
            rows.filter(self._within(value)).annotate(_month=Value(value, CharField())).values_list("_month")
            for value in self.spans()
        ]
        months = rows.annotate(_month=month).values_list("_month")
        return months.union(*within, all=True) if within else months

    @staticmethod
    def last(number: int, today: dt.date) -> list[tuple[int, int]]:
        """The (year, month) of that many months, the oldest first, up to today's."""
        return [(first.year, first.month) for first in firsts_around(today, number - 1, 0)]

    @staticmethod
    def label_of(year: int, month: int) -> str:
        return _month_label(year, month, get_language())


@lru_cache(maxsize=16)
def _months(number: int, today: dt.date, language: str | None) -> Pairs:
    months = MonthFacet.last(number, today)
    return tuple((f"{year}-{month:02}", MonthFacet.label_of(year, month)) for year, month in reversed(months))


@lru_cache(maxsize=256)
def _month_label(year: int, month: int, language: str | None) -> str:
    return date_format(dt.date(year, month, 1), "F Y")


@lru_cache(maxsize=256)
def _midnight(day: dt.date) -> dt.datetime:
    return start_of(day)


class TagFacet(django_filters.MultipleChoiceFilter):
    """Any of the ticked tags. Every list has it: see bind_as_given."""

    icon = "tag"

    def __init__(self, label: str) -> None:
        self.model_label = label
        super().__init__(
            field_name="tags", label=_("Étiquettes"), choices=self._choices, widget=forms.CheckboxSelectMultiple
        )

    def _choices(self) -> Pairs:
        return tuple((str(pk), name) for pk, name in known_tags(self.model_label))

    def offered(self) -> Pairs:
        return self._choices()

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
    bound = _lean(resource.filters or django_filters.FilterSet)(data, resource.rows(user))
    for name, filter_ in filters_of(resource, hidden):
        bound.adopt(name, filter_)
    if "tags" not in bound.filters:
        bound.adopt("tags", TagFacet(resource.key()))
    for name, filter_ in list(bound.filters.items()):
        if filter_.field_name.partition("__")[0] in hidden:
            del bound.filters[name]
        elif isinstance(filter_, PersonFacet):
            filter_.reach(user, resource.scope(user))
    return bound


class _Lean:
    """A FilterSet that reads what it is asked. django-filter's copies each filter to its depths and makes a class, a
    form and its fields of them all, which took longer than the queries; `form` has the fields of what `data` names."""

    filter_queryset: Any
    filters: dict[str, Any]
    base_filters: dict[str, Any]

    def __init__(self, data: QueryDict, queryset: QuerySet) -> None:
        self.is_bound, self.data, self.queryset = True, data, queryset
        self.request = self.form_prefix = None
        self.filters = {}
        for name, filter_ in self.base_filters.items():
            self.adopt(name, _own(filter_))

    def adopt(self, name: str, filter_: Any) -> None:
        filter_.parent, filter_.model = self, self.queryset.model
        self.filters[name] = filter_

    @property
    def is_plain(self) -> bool:
        """Whether a declared FilterSet narrows by its filters alone."""
        return type(self).filter_queryset is django_filters.FilterSet.filter_queryset

    @cached_property
    def form(self) -> forms.Form:
        form = self._meta.form(self.data)  # type: ignore[attr-defined]
        form.fields.update({name: filter_.field for name, filter_ in self.filters.items() if _named(name, self.data)})
        return form


def _named(name: str, data: QueryDict) -> bool:
    """Whether a query string names a filter, or (a range) one of its ends."""
    return name in data or any(asked.startswith(f"{name}_") for asked in data)


def _own(filter_: Any) -> Any:
    """A copy for one request: what a filter is told there (its field, its queryset) stays there."""
    mine = copy(filter_)
    mine.extra = dict(filter_.extra)
    if mine.method is not None:
        mine.method = filter_.method  # its FilterMethod holds the filter that it was made for
    return mine


@cache
def _lean(declared: type) -> type:
    for filter_ in declared.base_filters.values():  # type: ignore[attr-defined]
        if type(filter_) is Facet:
            filter_.model = declared._meta.model  # type: ignore[attr-defined]
            filter_.field  # noqa: B018 - made once: its choices never change, and copies share it
    return type(declared.__name__, (_Lean, declared), {})
