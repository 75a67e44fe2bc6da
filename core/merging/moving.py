"""What points to a record, found from the models, and how it is led to another one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db import IntegrityError, models, transaction
from django.utils.translation import gettext as _

from core.actions.bin import contents, relations
from core.personal_data import ROW, declaration_of
from core.references import about


class NotMerged(Exception):
    """Why two records cannot be merged as they are, in people's words. Nothing was done."""


def pointing(model: type[models.Model]) -> Iterator[tuple[type[models.Model], models.ForeignKey]]:
    """The foreign keys of every model that lead to this one, but for those that outlive their row (DO_NOTHING)."""
    for relation in relations(model):
        if relation.on_delete is not models.DO_NOTHING:
            yield relation.related_model, relation.field


def attached() -> list[type[models.Model]]:
    """The models whose rows live with a record that they name by `model` and `object_id`: notes, files, tags.

    Rows with a period of their own (the history, the bin) stay where they are.
    """
    found = []
    for model in apps.get_models():
        said = declaration_of(model)
        if said is not None and said.subject == ROW and said.retention is None:
            found.append(model)
    return found


@dataclass
class Moved:
    """What was done, as core.models.Merge keeps it."""

    keys: list[tuple[str, str, list[int]]]
    attached: list[tuple[str, list[int]]]
    aside: list[tuple[str, int, dict[str, list[Any]]]]
    dropped: list[tuple[str, dict[str, Any]]]


def lead(gone: models.Model, kept: models.Model) -> Moved:
    """Lead everything that points to `gone` to `kept`. In a transaction. Raises NotMerged."""
    moved = Moved([], [], [], [])
    for other, key in pointing(type(gone)):
        rows = other._base_manager.filter(**{key.name: gone.pk})
        pks = _move(rows, {key.attname: kept.pk}, moved)
        if pks:
            moved.keys.append((other._meta.label_lower, str(key.column), pks))
    for other in attached():
        pks = _move(other._base_manager.filter(**about(gone)), {"object_id": kept.pk}, moved)
        if pks:
            moved.attached.append((other._meta.label_lower, pks))
    return moved


def _move(rows: models.QuerySet, to: dict[str, Any], moved: Moved) -> list[int]:
    """Change the rows at once; where the database refuses, one by one. Returns the keys of those that moved."""
    found = list(rows.select_for_update().order_by("pk").values_list("pk", flat=True))
    if not found:
        return []
    model = rows.model
    try:
        with transaction.atomic():
            model._base_manager.filter(pk__in=found).update(**to)
        return found
    except IntegrityError:
        return [pk for pk in found if _move_one(model, pk, to, moved)]


def _move_one(model: type[models.Model], pk: int, to: dict[str, Any], moved: Moved) -> bool:
    """One row. Where the other record has its like, it steps aside as its model says (`merge_aside`: {field: value});
    or the like makes way (`merge_yields`: {field: value} that it has); or it goes, when it says nothing but what is
    there already (`merge_drops`, and the tables of many-to-many fields).
    """
    label, one = model._meta.label_lower, model._base_manager.filter(pk=pk)
    try:
        with transaction.atomic():
            one.update(**to)
        return True
    except IntegrityError:
        pass
    aside: dict[str, Any] = getattr(model, "merge_aside", {})
    if aside:
        before = one.values(*aside).get()
        try:
            with transaction.atomic():
                one.update(**to, **aside)
            moved.aside.append((label, pk, {name: [before[name], value] for name, value in aside.items()}))
            return True
        except IntegrityError:
            pass
    for like in _likes(model, one, to):
        moved.dropped.append((label, contents([(label, like)])[label, like]))
        model._base_manager.filter(pk=like).delete()
        one.update(**to)
        return True
    if getattr(model, "merge_drops", False) or model._meta.auto_created:
        moved.dropped.append((label, contents([(label, pk)])[label, pk]))
        one.delete()
        return False
    raise NotMerged(
        _("« %(row)s » (%(kind)s) existe sur les deux fiches : n’en gardez qu’un avant de fusionner.")
        % {"row": one.get(), "kind": model._meta.verbose_name}
    )


def _likes(model: type[models.Model], one: models.QuerySet, to: dict[str, Any]) -> list[int]:
    """The row that is in the way of another, when it is of those that make way."""
    yields: dict[str, Any] = getattr(model, "merge_yields", {})
    unique = [set(c.fields) for c in model._meta.constraints if isinstance(c, models.UniqueConstraint)]
    names = next((fields for fields in unique if fields & set(to)), set())
    if not yields or not names:
        return []
    return list(model._base_manager.filter(**{**one.values(*names).get(), **to}, **yields).values_list("pk", flat=True))


def straighten(gone: models.Model, kept: models.Model) -> None:
    """Before: where one is above the other in a tree of the model, the one that stays takes the other's place."""
    model = type(kept)
    for key in model._meta.concrete_fields:
        if isinstance(key, models.ForeignKey) and key.related_model is model:
            above = _above(kept, key)
            if gone.pk in above:
                place = getattr(gone, key.attname)
                model._base_manager.filter(pk=kept.pk).update(**{key.attname: place})
                setattr(kept, key.attname, place)


def _above(row: models.Model, key: models.ForeignKey) -> set[int]:
    found: set[int] = set()
    current = getattr(row, key.attname)
    while current is not None and current not in found:
        found.add(current)
        current = row._meta.model._base_manager.filter(pk=current).values_list(key.attname, flat=True).first()
    return found
