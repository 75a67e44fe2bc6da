"""The bin of thirty days: rows leave their tables, whole, and can come back. Why so: core/README.md, « Fiche »."""

import json
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.apps import apps
from django.db import connection, models, transaction
from django.db.models import QuerySet
from django.db.models.deletion import CASCADE, DO_NOTHING, PROTECT, RESTRICT, ProtectedError, RestrictedError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core import audit
from core.accounts.models import User
from core.custom.column import NAME
from core.models import BinnedRow
from core.registry import registry

KEEP = timedelta(days=30)
_CHUNK = 500  # rows snapshot at once
_NAMED = 5  # rows named in a refusal


class Kept(Exception):
    """Other rows (`rows`) depend on these and would be left without what they need. Nothing was done."""

    def __init__(self, rows: Iterable[models.Model]) -> None:
        self.rows = list(rows)
        super().__init__(_refusal(self.rows))

    def told(self, user: User) -> str:
        """What keeps the rows: by name where this person may see it, as a number otherwise."""
        seen: list[models.Model] = []
        for model in {type(row) for row in self.rows}:
            resource = registry.of(model)
            pks = [row.pk for row in self.rows if type(row) is model]
            seen += resource.rows(user).filter(pk__in=pks)[:_NAMED] if resource else []
        names = [str(row) for row in seen[:_NAMED]]
        if len(self.rows) > len(names):
            count = len(self.rows) - len(names)
            names.append(ngettext("%d autre fiche", "%d autres fiches", count) % count)
        return _("Impossible, la suppression casserait : %s. Détachez d’abord.") % ", ".join(names)


@dataclass
class _Snapshot:
    """A row of the bin in the making: what goes, parents first, and what is only detached, by which key."""

    rows: list[tuple[str, int]]
    detached: list[tuple[str, str, int, list[int]]] = field(default_factory=list)


def new_operation() -> uuid.UUID:
    """One gesture of a person: what it deletes comes back together."""
    return uuid.uuid4()


@transaction.atomic
def bin_rows(rows: QuerySet, *, by: User | None, operation: uuid.UUID | None = None) -> int:
    """Move rows to the bin, with those that go with them; everything or nothing. Returns how many, those apart.

    Pass `operation` (new_operation()) to offer « Annuler »: core.actions.restoring.restore_operation.
    Raises Kept, in people's words, when a row that is not among them depends on one.
    """
    operation = operation or new_operation()
    pks = list(rows.order_by("pk").values_list("pk", flat=True))
    chunks = [pks[start : start + _CHUNK] for start in range(0, len(pks), _CHUNK)]
    with audit.operation(f"bin:{operation.hex}"):
        try:
            return sum(_bin(rows.model, chunk, by, operation) for chunk in chunks)
        except ProtectedError as error:
            raise Kept(error.protected_objects) from error
        except RestrictedError as error:
            raise Kept(error.restricted_objects) from error


def _bin(model: type[models.Model], pks: list[int], by: User | None, operation: uuid.UUID) -> int:
    label = model._meta.label_lower
    # Locked: two people who delete the same row put it in the bin once.
    found = {row.pk: row for row in model._base_manager.filter(pk__in=pks).order_by("pk").select_for_update()}
    snapshots = {pk: _Snapshot([(label, pk)]) for pk in found}
    _gather(model, {pk: pk for pk in found}, snapshots, {model: set(found)})
    found_contents = contents(ref for snapshot in snapshots.values() for ref in snapshot.rows)
    resource = registry.by_label.get(label)
    BinnedRow.objects.bulk_create(
        BinnedRow(
            operation=operation,
            model=label,
            object_id=pk,
            title=(resource.title(row) if resource else str(row))[:300],
            content={
                "rows": [[name, found_contents[name, key]] for name, key in snapshots[pk].rows],
                "detached": snapshots[pk].detached,
            },
            by=by if by and by.pk else None,  # an interface has no row
        )
        for pk, row in found.items()
    )
    model._base_manager.filter(pk__in=list(found)).delete()
    return len(found)


def _gather(
    model: type[models.Model],
    roots: dict[int, int],
    snapshots: dict[int, _Snapshot],
    gone: dict[type[models.Model], set[int]],
) -> None:
    """Walk what points to `roots` ({key: key of the row that people delete}), as Django's own deletion does."""
    for relation in relations(model):
        other, foreign_key = relation.related_model, relation.field
        if relation.on_delete in (DO_NOTHING, PROTECT, RESTRICT):
            continue
        pointing = list(
            other._base_manager.filter(**{f"{foreign_key.name}__in": list(roots)})
            .order_by("pk")
            .values_list("pk", foreign_key.attname)
        )
        if relation.on_delete is CASCADE:
            known = gone.setdefault(other, set())
            going = {pk: roots[key] for pk, key in pointing if pk not in known}
            known.update(going)
            for pk, root in going.items():
                snapshots[root].rows.append((other._meta.label_lower, pk))
            if going:
                _gather(other, going, snapshots, gone)
            continue
        by_key: dict[int, list[int]] = {}
        for pk, key in pointing:
            by_key.setdefault(key, []).append(pk)
        for key, pks in by_key.items():
            snapshots[roots[key]].detached.append((other._meta.label_lower, str(foreign_key.column), key, pks))


def relations(model: type[models.Model]) -> Iterator[Any]:
    """Foreign keys that point to a model, the hidden ones of many-to-many tables among them."""
    for relation in model._meta.get_fields(include_hidden=True):
        if relation.auto_created and not relation.concrete and (relation.one_to_many or relation.one_to_one):
            yield relation


def _refusal(stuck: list[models.Model]) -> str:
    names = ", ".join(str(row) for row in stuck[:_NAMED])
    more = _(" et %d autres") % (len(stuck) - _NAMED) if len(stuck) > _NAMED else ""
    said = ngettext(
        "Impossible : %(names)s en dépend. Détachez-le d’abord.",
        "Impossible : %(names)s%(more)s en dépendent. Détachez-les d’abord.", len(stuck),
    )  # fmt: skip
    return said % {"names": names, "more": more}


def contents(refs: Iterable[tuple[str, int]]) -> dict[tuple[str, int], dict[str, Any]]:
    """The rows as JSON made by PostgreSQL, which alone reads back every type that it writes. One query a table."""
    wanted: dict[str, list[int]] = {}
    for label, pk in refs:
        wanted.setdefault(label, []).append(pk)
    found = {}
    for label, pks in wanted.items():
        meta = apps.get_model(label)._meta
        generated = [str(column.column) for column in meta.concrete_fields if column.generated]
        table, key = connection.ops.quote_name(meta.db_table), connection.ops.quote_name(str(meta.pk.column))
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT t.{key}, to_jsonb(t) - %s::text[] FROM {table} t WHERE t.{key} = ANY(%s)",  # noqa: S608
                [generated, pks],
            )
            for pk, text in cursor.fetchall():
                # Decimal: a float would round large sums. It is written as a text, which only a column reads back as
                # a number: within `custom` numbers stay numbers, of fifteen digits at most, which a float keeps.
                found[label, pk] = json.loads(text, parse_float=Decimal)
                if NAME in found[label, pk]:
                    found[label, pk][NAME] = json.loads(text)[NAME]
    return found


def expired() -> QuerySet[BinnedRow]:
    """What has been in the bin for longer than it is kept."""
    return BinnedRow.objects.filter(binned_at__lt=timezone.now() - KEEP)
