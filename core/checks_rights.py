"""System checks of what narrows a resource: its owner, its sensitive fields and the rights that open them."""

from collections.abc import Iterator
from typing import Any

from django.contrib.auth import get_user_model
from django.core.checks import Error, register
from django.core.exceptions import FieldDoesNotExist
from django.db import models

from core.registry import registry
from core.resource import Resource


@register()
def check_rights(app_configs: Any, **kwargs: Any) -> list[Error]:
    return [error for resource in registry for error in errors_of(resource)]


def errors_of(resource: type[Resource]) -> Iterator[Error]:
    meta, name = resource.model._meta, resource.__name__
    if resource.owner() and not _leads_to_a_person(resource):
        yield Error(
            f"{name}: owner {resource.owner()!r} is no path of keys to a person", id="core.E011",
            hint='owner() gives "owner", "company__owner" or ""',
        )  # fmt: skip
    if resource.extraction_right and resource.extraction_right not in registry.rights:
        yield Error(
            f"{name}: extraction_right {resource.extraction_right!r} is declared nowhere", id="core.E016",
            hint='EXPORT = add_right("module.export", _("…")) beside the module\'s resources',
        )  # fmt: skip
    searched = _searched(resource.model)
    first_sort = next((col.name for col in resource.columns if col.sort), "")
    for field, right in resource.sensitive.items():
        try:
            meta.get_field(field)
        except FieldDoesNotExist:
            yield Error(f"{name}: sensitive {field!r} is no field of {meta.label}", id="core.E012")
        if right not in registry.rights:
            yield Error(
                f"{name}: the right {right!r} of {field!r} is declared nowhere", id="core.E013",
                hint='VIEW_X = add_right("module.view_x", _("…")) beside the module\'s resources',
            )  # fmt: skip
        if field in searched:
            yield Error(
                f"{name}: {field!r} is sensitive and searched: what it holds could be guessed word by word",
                hint="take it out of search_column(…)", id="core.E014",
            )  # fmt: skip
        if field in (first_sort, *(col.name for col in resource.columns[:1])):
            yield Error(
                f"{name}: {field!r} is sensitive and names or orders the rows", id="core.E015",
                hint="begin `columns` with fields that every reader may see",
            )  # fmt: skip


def _leads_to_a_person(resource: type[Resource]) -> bool:
    model: Any = resource.model
    for step in resource.owner().split("__"):
        try:
            field = model._meta.get_field(step)
        except (FieldDoesNotExist, AttributeError):
            return False
        if not isinstance(field, models.ForeignKey):  # a many-valued path would show rows twice
            return False
        model = field.related_model
    return model is get_user_model()


def _searched(model: type[models.Model]) -> set[str]:
    """The fields of which the model's search column is made."""
    try:
        column = model._meta.get_field("search")
    except FieldDoesNotExist:
        return set()
    expression: Any = getattr(column, "expression", None)
    return {node.name for node in expression.flatten() if hasattr(node, "name")} if expression else set()
