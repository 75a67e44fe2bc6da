"""A merge taken back as a whole: the record that went, what pointed to it, and the values of the one that stayed."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta

from django.apps import apps
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, models, transaction
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _

from core import audit
from core.accounts.access import Level
from core.accounts.models import User
from core.actions.bin import contents
from core.actions.restoring import NotRestored, put_back
from core.custom.column import NAME
from core.models import BinnedRow, Merge
from core.models.merging import MERGE_DAYS
from core.references import resource_named


class NotUndone(Exception):
    """Why a merge cannot be taken back, in people's words. Nothing was done."""


@transaction.atomic
def undo(pk: int, *, by: User) -> Merge:
    """Take a merge back. What people changed since stays as they left it. Raises NotUndone."""
    done = Merge.objects.select_for_update().get(pk=pk)
    resource = resource_named(done.model)
    if done.undone_at is not None:
        raise NotUndone(_("Cette fusion est déjà défaite."))
    if done.content is None or resource is None:
        raise NotUndone(_("Cette fusion a plus de %d jours : elle ne peut plus être défaite.") % MERGE_DAYS)
    model = resource.model
    list(model._base_manager.select_for_update().filter(pk=done.into_id).values_list("pk"))
    if not resource.rows(by, Level.WRITE).filter(pk=done.into_id).exists():
        raise NotUndone(_("La fiche gardée n’est plus là : restaurez-la, ou défaites d’abord sa propre fusion."))
    with audit.operation(f"unmerge:{done.pk}"):
        links = {str(f.column) for f in model._meta.concrete_fields if f.related_model is model}
        _values_back(model, done, lambda column: column not in links)
        try:
            put_back(model, done.content["row"], _as_binned(done))
            _lead_back(done)
            _values_back(model, done, links.__contains__)  # a tree, once both are in it
            for label, row in done.content["dropped"]:
                put_back(apps.get_model(label), row, _as_binned(done))
        except NotRestored as error:
            raise NotUndone(str(error)) from error
    if not resource.rows(by, Level.WRITE).filter(pk=done.object_id).exists():
        raise NotUndone(_("La fiche fusionnée n’est pas de celles que vous pouvez modifier."))
    Merge.objects.filter(pk=done.pk).update(undone_at=Now(), undone_by=by if by.pk else None)
    return done


def _as_binned(done: Merge) -> BinnedRow:
    """What a refusal names."""
    return BinnedRow(model=done.model, object_id=done.object_id, title=done.title)


def _values_back(model: type[models.Model], done: Merge, wanted: Callable[[str], bool]) -> None:
    """The values that the merge changed and nobody since. Before the other row returns: it may want one of them."""
    assert done.content is not None
    after = done.content["after"]
    before = {column: value for column, value in done.content["before"].items() if wanted(column)}
    now = json.loads(
        json.dumps(contents([(done.model, done.into_id)])[done.model, done.into_id], cls=DjangoJSONEncoder)
    )
    values = {column: before[column] for column in before if column != NAME and now.get(column) == after[column]}
    if NAME in before:
        own = dict(now[NAME])
        for key in {*before[NAME], *after[NAME]}:
            if own.get(key) == after[NAME].get(key):
                own.pop(key, None)
                own |= {key: before[NAME][key]} if key in before[NAME] else {}
        values[NAME] = own
    known = [str(field.column) for field in model._meta.concrete_fields if not field.generated]
    columns = [column for column in known if column in values]
    if not columns:
        return
    table, names = connection.ops.quote_name(model._meta.db_table), ", ".join(map(connection.ops.quote_name, columns))
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {table} SET updated_at = now(), ({names}) = (SELECT {names} "  # noqa: S608 - our own names
            f"FROM jsonb_populate_record(NULL::{table}, %s::jsonb)) WHERE id = %s",
            [json.dumps(values), done.into_id],
        )


def _lead_back(done: Merge) -> None:
    """What was led away and still points where the merge led it."""
    assert done.content is not None
    for label, column, pks in done.content["keys"]:
        model = apps.get_model(label)
        name = next((f.attname for f in model._meta.concrete_fields if f.column == column), None)
        if name:
            rows = model._base_manager.filter(pk__in=pks, **{name: done.into_id})
            rows.update(**{name: done.object_id})
    for label, pks in done.content["attached"]:
        rows = apps.get_model(label)._base_manager.filter(pk__in=pks, model=done.model, object_id=done.into_id)
        rows.update(object_id=done.object_id)
    for label, pk, changes in done.content["aside"]:
        rows = apps.get_model(label)._base_manager.filter(pk=pk, **{name: now for name, (_was, now) in changes.items()})
        rows.update(**{name: was for name, (was, _now) in changes.items()})


def forget_old() -> int:
    """The night's work: after MERGE_DAYS the content goes; the way to the record that was kept stays."""
    old = Merge.objects.filter(at__lt=timezone.now() - timedelta(days=MERGE_DAYS), content__isnull=False)
    return old.update(content=None)


def heir(label: str, pk: int) -> int | None:
    """The record that a merged one became, through later merges."""
    current = pk
    for _step in range(20):
        into = Merge.objects.filter(model=label, object_id=current, undone_at=None).values_list("into_id", flat=True)
        following = into.first()
        if following is None:
            break
        current = following
    return current if current != pk else None
