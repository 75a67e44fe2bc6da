"""System checks: a declaration that names what does not exist is refused at start-up."""

from django.contrib.postgres.indexes import GinIndex
from django.core.checks import Error, register
from django.core.exceptions import FieldDoesNotExist

from core.keyset import Order
from core.registry import registry
from core.search import SORT_KEY, behind_first_word, for_database


@register()
def check_resources(app_configs, **kwargs):
    return [error for resource in registry for error in _check(resource)]


def _check(resource):
    meta = resource.model._meta
    for col in resource.columns:
        try:
            field = meta.get_field(col.name)
        except FieldDoesNotExist:
            yield Error(f"{resource.__name__}: column {col.name!r} is no field of {meta.label}", id="core.E001")
            continue
        if col.sort and (field.null or not _indexed(meta, Order(field))):
            yield Error(
                f"{resource.__name__}: sorting by {col.name!r} needs a NOT NULL field and an index on (key, id)",
                hint='models.Index(folded("name"), "id", name=…) for text without sort_column, else fields=["x", "id"]',
                id="core.E002",
            )
    if not any(col.sort for col in resource.columns):
        yield Error(f"{resource.__name__}: at least one column must sort", id="core.E003")
    for name in (*resource.look.subtitle, *resource.look.hint, *resource.look.side):
        if not hasattr(resource.model, name):
            yield Error(f"{resource.__name__}: subtitle {name!r} is no field of {meta.label}", id="core.E004")
    if "search" not in {field.name for field in meta.fields}:
        yield Error(
            f"{resource.__name__}: {meta.label} has no search column (core.search.search_column)", id="core.E005"
        )
    if SORT_KEY in for_database(resource.model) and not any(
        isinstance(index, GinIndex) and index.expressions == (behind_first_word(),) for index in meta.indexes
    ):
        yield Error(
            f"{resource.__name__}: {meta.label} has a sort_column, and no GinIndex(behind_first_word(), name=…)",
            id="core.E006",
        )


def _indexed(meta, order):
    if order.is_text and not order.is_stored:
        wanted = str(order.expression)
        return any(len(i.expressions) == 2 and str(i.expressions[0]) == wanted for i in meta.indexes)
    key = SORT_KEY if order.is_text else order.field.name
    return any(i.fields == [key, "id"] for i in meta.indexes)
