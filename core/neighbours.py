"""The rows before and after a record, in the list that the person came from."""

from typing import Any

from django.db import models
from django.http import QueryDict

from core.accounts.models import User
from core.custom.fields import Virtual
from core.display import number
from core.keyset import Cursor, Order
from core.listing import MAX_TRAIL, Listing
from core.resource import Resource
from core.text import fold

_BEYOND_LATIN = "\u0100"  # from there on PostgreSQL is asked how it folds


def neighbours(resource: type[Resource], user: User, row: models.Model, params: QueryDict) -> dict[str, Any]:
    """What the record page shows of the list in `?from=<rank>~<query string>`; {} when there is none, or a wrong one.

    {previous_url, next_url, position: "12", total: "640", list_url}. Two queries for the rows, one for the total.
    """
    found = _read(params.get("from", ""))
    if found is None:
        return {}
    rank, query = found
    listing = Listing(resource, user, query, trail=True)
    cursor = Cursor(_key(resource, listing.order, row), row.pk, rank)
    take = listing.taking(("id",))
    before, after = (
        next((found.pk for found in take(1, start=cursor, backwards=backwards)), None) for backwards in (True, False)
    )
    rank = rank if before else 1
    return {
        "previous_url": _address(resource, before, listing, max(rank - 1, 1)),
        "next_url": _address(resource, after, listing, rank + 1),
        "position": number(rank),
        "total": listing.total_label,
        "list_url": listing.address(query),
    }


def _read(text: str) -> tuple[int, QueryDict] | None:
    rank, tilde, query = text.partition("~")
    if not tilde or len(text) > MAX_TRAIL or not (rank.isascii() and rank.isdigit() and len(rank) < 9) or int(rank) < 1:
        return None
    return int(rank), QueryDict(query)


def _key(resource: type[Resource], order: Order, row: models.Model) -> Any:
    value = None if isinstance(order.field, Virtual) else getattr(row, order.field.attname)
    if value is not None and not order.is_text:
        return value
    if value is not None and (value.isascii() or max(value) < _BEYOND_LATIN):
        return fold(value)
    return resource.model._default_manager.filter(pk=row.pk).values_list(order.expression, flat=True).first()


def _address(resource: type[Resource], pk: int | None, listing: Listing, rank: int) -> str:
    return f"{resource.url('record', pk)}{listing.trail_of(rank)}" if pk else ""
