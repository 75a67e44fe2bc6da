"""A list shown otherwise: as a board, a calendar."""

from collections.abc import Collection
from functools import cached_property
from typing import Any

from django.http import QueryDict

from core.accounts.models import User
from core.facets import Facet
from core.listing import Listing
from core.resource import Resource


class DisplayListing(Listing):
    """The filters of the list on another page of it, but those (`stands_for`) that the page itself stands for."""

    def __init__(
        self,
        resource: type[Resource],
        page: str,
        user: User,
        params: QueryDict,
        stands_for: Collection[str],
        **more: Any,
    ) -> None:
        kept = params.copy()
        for name in stands_for:
            kept.pop(name, None)
        super().__init__(resource, user, kept, **more)
        self.url = resource.url(page)
        self._stands_for = stands_for

    @cached_property
    def facets(self) -> list[Facet]:
        return [facet for facet in super().facets if facet.name not in self._stands_for]

    @property
    def clear_url(self) -> str:
        params = QueryDict(mutable=True)
        for name, value in self.hidden:
            params[name] = value
        return self.address(params)
