"""Some rows of a backup back into a client that goes on: what was deleted returns, what was entered since stays.

A row returns with its closure: the rows that it needs (its company, when that is gone too), those that went with it
(its contacts, notes, files, tags), and the links that its deletion had untied. Nothing that is there is overwritten:
that is `overwriting.py`.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db import DatabaseError, Error, connection, transaction
from django.db.models import ManyToOneRel
from django_tenants.utils import schema_context
from psycopg import sql

from backups.engine import media
from backups.engine.media import File
from backups.models import Backup
from backups.restoring import Beside, beside, staged
from backups.rows import Model, check_owner, key_of, ours, reason, table_of, value_of
from core import audit
from core.accounts.models import User
from core.models import Attachment, BinnedRow, Note, Tagging
from core.operations import AppendOnly
from tenants.models import Client
from tenants.storage import media_folder

Keys = dict[Model, set[Any]]
ATTACHED = (Note, Attachment, Tagging)  # what names a row by its model and number


@dataclass
class Recovered:
    """`rows`: how many came back of those that were asked; `others`: with them; `refused`: (name, why)."""

    rows: int = 0
    others: int = 0
    relinked: int = 0
    files: int = 0
    refused: list[tuple[str, str]] = field(default_factory=list)


def missing(client: Client, backup: Backup, model: Model, *, limit: int) -> tuple[int, list[tuple[Any, str]]]:
    """The rows of a backup that the client no longer has: how many, and the first ones with their names."""
    check_owner(client, backup)
    with beside(backup, client.schema_name) as found:
        keys = sorted(_gone(client, found.scratch, model))
        with schema_context(found.scratch):
            rows = model._base_manager.in_bulk(keys[:limit])
            return len(keys), [(key, str(rows[key])[:200]) for key in keys[:limit]]


def recover(
    client: Client, backup: Backup, model: Model, keys: Iterable[Any] | None = None, *, by: User | None = None
) -> Recovered:
    """Bring rows back, all that are gone by default. Each with its closure or not at all; a refusal says why.

    Raises BackupError.
    """
    check_owner(client, backup)
    with beside(backup, client.schema_name) as found, schema_context(client.schema_name):
        gone = _gone(client, found.scratch, model)
        wanted = gone if keys is None else {model._meta.pk.to_python(key) for key in keys}
        work = _Recovery(client, found, by, f"backup:{backup.seq}")
        work.bring(model, sorted(wanted & gone))
        return work.done


def _gone(client: Client, scratch: str, model: Model, among: set[Any] | None = None) -> set[Any]:
    """The keys that the backup has and the client has not."""
    key = sql.Identifier(key_of(model))
    query = sql.SQL("SELECT b.{key} FROM {backup} b WHERE NOT EXISTS (SELECT FROM {live} l WHERE l.{key} = b.{key})")
    text = query.format(
        key=key,
        backup=table_of(scratch, model),
        live=table_of(client.schema_name, model),
    )
    with connection.cursor() as cursor:
        if among is None:
            cursor.execute(text)
        else:
            cursor.execute(sql.SQL("{} AND b.{} = ANY(%s)").format(text, key), [list(among)])
        return {found for (found,) in cursor.fetchall()}


class _Recovery:
    """The rows of one gesture. Foreign keys are checked at the end of each transaction, so their order is free."""

    def __init__(self, client: Client, found: Beside, by: User | None, operation: str) -> None:
        self.client, self.found, self.by, self.operation = client, found, by, operation
        self.done = Recovered()

    def bring(self, model: Model, keys: list[Any]) -> None:
        """Together; when that is refused, one by one, so that one row in the way does not keep the others away."""
        if not keys:
            return
        try:
            self._bring(model, keys)
        except Error:
            for key in keys:
                try:
                    self._bring(model, [key])
                except DatabaseError as error:
                    self.done.refused.append((self._name(model, key), reason(error)))

    def _bring(self, model: Model, keys: list[Any]) -> None:
        closure = self._closure(model, set(keys))
        files = self._files(closure.get(Attachment, set()))
        folder = media_folder(self.client.schema_name)
        with (
            staged(self.found, folder, files) as moves,
            audit.by(
                self.by, operation=self.operation
            ),  # outside: what it says last must not meet a broken transaction
            transaction.atomic(),
        ):
            for other, found in closure.items():
                self._insert(other, found)
            relinked = sum(self._relink(other, found) for other, found in closure.items())
            for other, found in closure.items():
                BinnedRow.objects.filter(model=other._meta.label_lower, object_id__in=found).delete()
            with connection.cursor() as cursor:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            media.put_back(moves, f".before-{self.operation.replace(':', '-')}")
        self.done.rows += len(keys)
        self.done.others += sum(map(len, closure.values())) - len(keys)
        self.done.relinked += relinked
        self.done.files += len(moves)

    def _closure(self, model: Model, keys: set[Any]) -> Keys:
        closure: Keys = {}
        waiting = [(model, keys, True)]
        while waiting:
            current, found, downwards = waiting.pop()
            new = found - closure.get(current, set())
            if not new:
                continue
            closure.setdefault(current, set()).update(new)
            waiting += [(other, needed, False) for other, needed in self._needed(current, new)]
            if downwards:
                waiting += [(other, went, True) for other, went in self._went_along(current, new)]
        return closure

    def _needed(self, model: Model, keys: set[Any]) -> Iterable[tuple[Model, set[Any]]]:
        """What the rows point to and the client no longer has."""
        for link in model._meta.concrete_fields:
            if not link.is_relation or link.related_model not in ours():
                continue
            values = self._values(model, str(link.column), key_of(model), keys)
            if gone := _gone(self.client, self.found.scratch, link.related_model, values):
                yield link.related_model, gone

    def _went_along(self, model: Model, keys: set[Any]) -> Iterable[tuple[Model, set[Any]]]:
        """What pointed to the rows and is gone as well, by a key or by name."""
        for other, column in _pointing(model):
            pointing = self._values(other, key_of(other), column, keys)
            if gone := _gone(self.client, self.found.scratch, other, pointing):
                yield other, gone
        for other in ATTACHED:
            query = other._base_manager.filter(model=model._meta.label_lower, object_id__in=keys)
            with schema_context(self.found.scratch):
                attached = set(query.values_list("pk", flat=True))
            if gone := _gone(self.client, self.found.scratch, other, attached):
                yield other, gone

    def _values(self, model: Model, column: str, by: str, keys: set[Any]) -> set[Any]:
        query = sql.SQL("SELECT DISTINCT {column} FROM {table} WHERE {by} = ANY(%s) AND {column} IS NOT NULL").format(
            column=sql.Identifier(column), by=sql.Identifier(by), table=self._backed_up(model)
        )
        with connection.cursor() as cursor:
            cursor.execute(query, [list(keys)])
            return {value for (value,) in cursor.fetchall()}

    def _insert(self, model: Model, keys: set[Any]) -> None:
        columns = [column for column in model._meta.concrete_fields if not column.generated]
        query = sql.SQL(
            "INSERT INTO {live} ({columns}) OVERRIDING SYSTEM VALUE "
            "SELECT {values} FROM {backup} b WHERE b.{key} = ANY(%s)"
        ).format(
            live=self._live(model),
            columns=sql.SQL(", ").join(sql.Identifier(str(column.column)) for column in columns),
            values=sql.SQL(", ").join(value_of(column, self.client.schema_name) for column in columns),
            backup=self._backed_up(model),
            key=sql.Identifier(key_of(model)),
        )
        with connection.cursor() as cursor:
            cursor.execute(query, [list(keys)])

    def _relink(self, model: Model, keys: set[Any]) -> int:
        """Rows that stayed and whose link the deletion emptied point again; those that got another one keep it."""
        count = 0
        for other, column in _pointing(model):
            if AppendOnly in getattr(other, "migration_operations", ()):
                continue  # nothing of it was untied, and the database refuses the question
            query = sql.SQL(
                "UPDATE {live} l SET {column} = b.{column} FROM {backup} b "
                "WHERE l.{key} = b.{key} AND l.{column} IS NULL AND b.{column} = ANY(%s)"
            ).format(
                live=self._live(other),
                backup=self._backed_up(other),
                column=sql.Identifier(column),
                key=sql.Identifier(key_of(other)),
            )
            with connection.cursor() as cursor:
                cursor.execute(query, [list(keys)])
                count += cursor.rowcount
        return count

    def _files(self, keys: set[Any]) -> list[File]:
        """The files of attachments that come back, where the client's disk has none of that name."""
        with schema_context(self.found.scratch):
            named = set(Attachment._base_manager.filter(pk__in=keys).values_list("file", flat=True))
        folder = media_folder(self.client.schema_name)
        return [file for file in self.found.files if file.path in named and not (folder / file.path).exists()]

    def _name(self, model: Model, key: Any) -> str:
        with schema_context(self.found.scratch):
            row = model._base_manager.filter(pk=key).first()
        return str(row)[:200] if row else str(key)

    def _live(self, model: Model) -> sql.Identifier:
        return table_of(self.client.schema_name, model)

    def _backed_up(self, model: Model) -> sql.Identifier:
        return table_of(self.found.scratch, model)


def _pointing(model: Model) -> Iterable[tuple[Model, str]]:
    """(model, column) of each foreign key to a model, those of many-to-many tables among them."""
    for relation in model._meta.get_fields(include_hidden=True):
        if isinstance(relation, ManyToOneRel) and relation.related_model in ours():  # OneToOneRel is one too
            yield relation.related_model, str(relation.field.column)
