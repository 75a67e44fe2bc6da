"""References to a record of any model: "crm.company" and a key. ContentType ids differ from client to client."""

from typing import Any

from django.db.models import Model

from core.registry import registry
from core.resource import Resource


def label_of(row: Model) -> str:
    return row._meta.label_lower


def about(row: Model) -> dict[str, Any]:
    """The two columns that name a record in Note, Attachment and Tagging."""
    return {"model": label_of(row), "object_id": row.pk}


def resource_named(label: str) -> type[Resource] | None:
    return registry.by_label.get(label)
