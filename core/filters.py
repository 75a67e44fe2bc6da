"""Filters of lists: facets that a person ticks."""

from typing import Any

import django_filters
from django import forms

from core.accounts.models import User


class Facet(django_filters.MultipleChoiceFilter):
    """Any of the ticked values of a field with choices. `icon` is shown on its button."""

    def __init__(self, *args: Any, icon: str = "list-filter", **kwargs: Any) -> None:
        self.icon = icon
        super().__init__(*args, widget=forms.CheckboxSelectMultiple, distinct=False, **kwargs)


class PersonFacet(django_filters.ModelMultipleChoiceFilter):
    """Any of the ticked people."""

    icon = "users"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, queryset=_people, distinct=False, **kwargs)


def _people(request: Any) -> Any:
    return User.objects.filter(is_active=True)
