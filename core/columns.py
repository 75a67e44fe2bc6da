"""Which columns a list shows: the declared ones, unless a view or a person chose others."""

from collections.abc import Sequence

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from core.accounts.access import Level
from core.accounts.models import User
from core.custom.definitions import field_of, fields_of
from core.models import ListColumns, SavedView
from core.models.base import OWN_DATES
from core.registry import registry
from core.resource import Col, Resource

MAX_COLUMNS = 20
_AGREEING = {"created_at": _("Créée le"), "updated_at": _("Modifiée le")}  # of what is feminine
_UNREADABLE = (models.JSONField, models.BinaryField, models.FileField, SearchVectorField, ArrayField)


def choosable(resource: type[Resource], user: User) -> dict[str, Col]:
    """Every column that this person may show: the declared ones, the custom fields, then the model's other fields.

    The first one names the row: it is always shown, and first.
    """
    hidden = resource.hidden_from(user)
    found = {col.name: col for col in resource.columns if col.name not in hidden}
    found |= {col.name: col for col in _custom(resource) if col.name not in hidden}
    for field in resource.model._meta.concrete_fields:
        if field.name not in found and field.name not in hidden and _shown(field, user):
            found[field.name] = Col(field.name)
    return found


def _custom(resource: type[Resource], *, in_list: bool = False) -> list[Col]:
    """The columns of the client's own fields; or those that stand in the list from the start."""
    return [
        Col(field.name, sort=field.definition.sortable and field.sorts)
        for field in fields_of(resource.model)
        if field.definition.in_list or not in_list
    ]


def _shown(field: models.Field, user: User) -> bool:
    if field.primary_key or field.generated or isinstance(field, _UNREADABLE):
        return False
    if isinstance(field, models.ForeignKey):
        resource = registry.of(field.related_model)
        return field.related_model is User or (resource is not None and resource.may(user, Level.READ))
    return field.editable or field.name in OWN_DATES


def label_of(resource: type[Resource], col: Col) -> str:
    if not col.label and resource.look.feminine and col.name in _AGREEING:
        return str(_AGREEING[col.name])
    return str(col.label) or capfirst(str(field_of(resource.model, col.name).verbose_name))


def declared(resource: type[Resource], user: User) -> list[Col]:
    hidden = resource.hidden_from(user)
    return [col for col in (*resource.columns, *_custom(resource, in_list=True)) if col.name not in hidden]


def sortable(resource: type[Resource], user: User) -> dict[str, Col]:
    """The columns that sort, shown or not, the usual order first."""
    hidden = resource.hidden_from(user)
    cols = (*resource.columns, *_custom(resource))
    return {col.name: col for col in cols if col.sort and col.name not in hidden}


def opening(known: dict[str, Col]) -> Col:
    """Of the columns that sort, the one by which the list opens."""
    return next((col for col in known.values() if col.newest), next(iter(known.values())))


def picked(resource: type[Resource], user: User, names: Sequence[str]) -> list[Col]:
    """The columns of these names, the main one first; the declared ones when none of the names is known."""
    known = choosable(resource, user)
    main = next(iter(known))
    cols = [known[name] for name in dict.fromkeys(names) if name in known and name != main][: MAX_COLUMNS - 1]
    return [known[main], *cols] if cols else declared(resource, user)


def chosen(resource: type[Resource], user: User, view: SavedView | None = None) -> list[Col]:
    """What the person sees: their choice for the view, the view's own, their choice for the list, the declared ones."""
    mine = ListColumns.objects.of(user, resource.key(), view)
    names = (view and (mine.get(view.pk) or view.columns)) or mine.get(None)
    return picked(resource, user, names) if names else declared(resource, user)


def choose(resource: type[Resource], names: Sequence[str], *, by: User, view: SavedView | None = None) -> None:
    """Keep a person's columns, for the list or for one view of it."""
    cols = [col.name for col in picked(resource, by, names)]
    ListColumns.objects.update_or_create(
        user=by, resource=resource.key(), view=view, defaults={"columns": cols}
    )  # fmt: skip


def forget(resource: type[Resource], *, by: User, view: SavedView | None = None) -> None:
    """Back to the columns that the view, or the list, has for everybody."""
    ListColumns.objects.filter(user=by, resource=resource.key(), view=view).delete()
