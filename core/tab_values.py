"""What tells the declared views of a list apart, where it is values of fields: one look at a search counts them all."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import models
from django.http import QueryDict

from core.filters import bind
from core.text import clean

if TYPE_CHECKING:
    from core.listing import Listing

OWN = ("q", "sort", "after", "before", "view")  # parameters of the list itself: no filter bears these names
MAX_QUERY = 200  # characters of a search


class TabValues:
    def __init__(self, listing: Listing) -> None:
        self._listing = listing

    @cached_property
    def fields(self) -> dict[str, models.Field] | None:
        """{filter: field} of what tells the declared views apart; None when it is more than values of fields."""
        listing, found = self._listing, {}
        for name in dict.fromkeys(name for view in listing.tabs for name in view.params):
            if name not in listing.bound.filters:  # on a field that this caller may not see
                return None
            filter_ = listing.bound.filters[name]
            field_ = {field.name: field for field in listing.resource.model._meta.concrete_fields}.get(
                filter_.field_name
            )
            if field_ is None or filter_.method or filter_.exclude or filter_.lookup_expr != "exact":
                return None
            found[name] = field_
        return found

    @property
    def columns(self) -> list[str]:
        return [field_.attname for field_ in (self.fields or {}).values()]

    def places(self, params: QueryDict) -> dict[int, Any] | None:
        """The values that these parameters ask of the fields, by their place in `Listing.found`.

        None when one is asked several values, or one that its field does not take.
        """
        places: dict[int, Any] = {}
        for place, (name, field_) in enumerate((self.fields or {}).items(), 1):
            values = [value for value in params.getlist(name) if value]
            try:
                taken = [field_.to_python(value) for value in values]
            except ValidationError:
                return None
            if len(taken) > 1:
                return None
            if taken:
                places[place] = taken[0]
        return places

    @cached_property
    def beyond(self) -> Any:
        """The list's filters but for those that the declared views set."""
        listing, names = self._listing, list(self.fields or ())
        if not any(listing.params.getlist(name) for name in names):
            return listing.bound
        params = cleaned(listing.params)
        for name in names:
            params.pop(name, None)
        return bind(listing.resource, listing.user, params)[0]


def cleaned(params: QueryDict) -> QueryDict:
    """The filters of a query string, without characters that no value has."""
    out = params.copy()
    for name in OWN:
        out.pop(name, None)
    for name, values in out.lists():
        out.setlist(name, [clean(value)[:MAX_QUERY] for value in values])
    return out
