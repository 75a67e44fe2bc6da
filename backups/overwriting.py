"""Rows that are still there, back to the values that a backup has of them.

What differs is shown first, value by value. Only rows that are then still as they were shown are put back: what a
colleague enters in between is never lost. What the person may not see is neither compared nor touched. Notes, files
and tags of the rows stay as they are.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.db import DatabaseError, connection, models, transaction
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django_tenants.utils import schema_context
from psycopg import sql

from backups.models import Backup
from backups.recovering import Recovered
from backups.restoring import beside
from backups.rows import check_owner, key_of, reason, table_of, value_of
from core import audit
from core.accounts.models import User
from core.custom.column import NAME as CUSTOM
from core.custom.column import is_key
from core.custom.definitions import field_of, field_of_column
from core.display import NONE, plain
from core.resource import Resource
from tenants.models import Client

_OURS = {"id", "created_at", "updated_at"}  # kept by the software, not by people
SAID = 300  # characters of a value


def changed(
    client: Client, backup: Backup, resource: type[Resource], *, by: User, limit: int
) -> tuple[int, list[dict[str, Any]]]:
    """The rows that have other values in a backup: how many, and the first ones.

    Each: `key`, `name` as it is now, `stamp` of what it holds now, `changes` as `core/_diff.html` shows them: `before`
    is the value of now, `after` the one of the backup. Raises BackupError.
    """
    with _compared(client, backup, resource, by) as pair:
        found = pair.differing()
        return len(found), pair.told(found[:limit])


def overwrite(
    client: Client, backup: Backup, resource: type[Resource], stamps: Mapping[Any, str], *, by: User
) -> Recovered:
    """Put rows back as they were in a backup, each that still holds what its stamp says. Raises BackupError."""
    with _compared(client, backup, resource, by) as pair:
        done = Recovered()
        for key, stamp in stamps.items():
            try:
                with audit.by(by, operation=f"backup:{backup.seq}"), transaction.atomic():
                    count = pair.put_back(key, stamp)
            except DatabaseError as error:
                done.refused.append((pair.name(key), reason(error)))
                continue
            done.rows += count
            if not count:
                done.refused.append((pair.name(key), _("changée ou supprimée depuis la comparaison")))
        return done


@contextmanager
def _compared(client: Client, backup: Backup, resource: type[Resource], by: User) -> Iterator["_Pair"]:
    check_owner(client, backup)
    with beside(backup, client.schema_name) as found, schema_context(client.schema_name):
        yield _Pair(client.schema_name, found.scratch, resource, by)


class _Pair:
    """A table of the client (`l`) and the same one of the backup (`b`)."""

    def __init__(self, live: str, scratch: str, resource: type[Resource], by: User) -> None:
        self.live, self.scratch, self.model = live, scratch, resource.model
        hidden = resource.hidden_from(by)
        self.reserved = sorted(name for name in hidden if is_key(name))
        silent = _OURS | {str(field_of(self.model, name).column) for name in hidden if not is_key(name)}
        self.columns = [
            field
            for field in self.model._meta.concrete_fields
            if not (field.generated or field.primary_key or field.column in silent)
        ]

    def differing(self) -> list[Any]:
        query = sql.SQL("SELECT l.{key} FROM {both} WHERE {l} IS DISTINCT FROM {b} ORDER BY 1")
        with connection.cursor() as cursor:
            cursor.execute(query.format(key=self._key, both=self._both, l=self._row("l"), b=self._row("b")))
            return [key for (key,) in cursor.fetchall()]

    def told(self, keys: list[Any]) -> list[dict[str, Any]]:
        with schema_context(self.scratch):
            then = self.model._base_manager.in_bulk(keys)
        now, stamps = self.model._base_manager.in_bulk(keys), self._stamps(keys)
        names = self._names([*then.values(), *now.values()])
        return [
            {"key": key, "name": str(now[key])[:200], "stamp": stamps[key],
             "changes": list(self._changes(then[key], now[key], names))}
            for key in keys if key in now and key in stamps
        ]  # fmt: skip

    def put_back(self, key: Any, stamp: str) -> int:
        """1, or 0 when the row no longer holds what the stamp says: asked of the very row that is written."""
        columns = [sql.Identifier(str(field.column)) for field in self.columns]
        touched = any(field.column == "updated_at" for field in self.model._meta.concrete_fields)
        query = sql.SQL(
            "UPDATE {live} l SET ({columns}) = ROW({values}){touched} FROM {backup} b "
            "WHERE l.{key} = b.{key} AND l.{key} = %s AND md5({row}::text) = %s"
        ).format(
            live=table_of(self.live, self.model),
            backup=table_of(self.scratch, self.model),
            columns=sql.SQL(", ").join(columns),
            values=sql.SQL(", ").join(self._value(field) for field in self.columns),
            touched=sql.SQL(", updated_at = now()" if touched else ""),
            key=self._key,
            row=self._row("l"),
        )
        with connection.cursor() as cursor:
            cursor.execute(query, [key, stamp])
            return cursor.rowcount

    def name(self, key: Any) -> str:
        for schema in (self.live, self.scratch):
            with schema_context(schema):
                if row := self.model._base_manager.filter(pk=key).first():
                    return str(row)[:200]
        return str(key)

    @property
    def _key(self) -> sql.Identifier:
        return sql.Identifier(key_of(self.model))

    @property
    def _both(self) -> sql.Composable:
        return sql.SQL("{} l JOIN {} b USING ({})").format(
            table_of(self.live, self.model), table_of(self.scratch, self.model), self._key
        )

    def _row(self, side: str) -> sql.Composable:
        """What is compared, of one side: without the reserved custom fields that the person may not see."""
        return sql.SQL("ROW({})").format(sql.SQL(", ").join(self._seen(field, side) for field in self.columns))

    def _seen(self, field: models.Field, side: str) -> sql.Composable:
        column = sql.Identifier(side, str(field.column))
        if field.column == CUSTOM and self.reserved:
            return sql.SQL("({} - {}::text[])").format(column, sql.Literal(self.reserved))
        return column

    def _value(self, field: models.Field) -> sql.Composable:
        if field.column == CUSTOM and self.reserved:
            kept = sql.SQL(
                "(b.custom - {r}::text[]) || coalesce((SELECT jsonb_object_agg(k, l.custom -> k) "
                "FROM unnest({r}::text[]) k WHERE l.custom ? k), '{{}}')"
            )
            return kept.format(r=sql.Literal(self.reserved))
        return value_of(field, self.live)

    def _stamps(self, keys: list[Any]) -> dict[Any, str]:
        query = sql.SQL("SELECT l.{key}, md5({row}::text) FROM {live} l WHERE l.{key} = ANY(%s)")
        text = query.format(key=self._key, row=self._row("l"), live=table_of(self.live, self.model))
        with connection.cursor() as cursor:
            cursor.execute(text, [keys])
            return dict(cursor.fetchall())

    def _changes(self, then: Any, now: Any, names: dict[tuple[str, Any], str]) -> Iterator[dict[str, str]]:
        for field in self.columns:
            if field.column == CUSTOM:
                yield from self._custom_changes(then.custom, now.custom)
                continue
            old, new = getattr(then, field.attname), getattr(now, field.attname)
            if old != new:
                yield _change(field, *(self._said(field, one, names) for one in (new, old)))

    def _custom_changes(self, then: dict[str, Any], now: dict[str, Any]) -> Iterator[dict[str, str]]:
        for key in sorted({*then, *now} - set(self.reserved)):
            old, new = then.get(key), now.get(key)
            field = field_of_column(self.model, key)
            if old != new and field is not None:
                yield _change(field, *(field.text(one)[:SAID] or NONE for one in (new, old)))

    def _said(self, field: models.Field, value: Any, names: dict[tuple[str, Any], str]) -> str:
        if isinstance(field, models.ForeignKey) and value is not None:
            return names.get((field.attname, value), f"n° {value}")
        return plain(field, value)[:SAID] or NONE

    def _names(self, rows: list[Any]) -> dict[tuple[str, Any], str]:
        """How the rows that these point to are called: now, or in the backup when they are gone."""
        names: dict[tuple[str, Any], str] = {}
        for field in self.columns:
            if not isinstance(field, models.ForeignKey):
                continue
            keys = {getattr(row, field.attname) for row in rows} - {None}
            for schema in (self.scratch, self.live) if keys else ():
                with schema_context(schema):
                    for row in field.related_model._base_manager.filter(pk__in=keys):
                        names[field.attname, row.pk] = str(row)[:200]
        return names


def _change(field: Any, now: str, then: str) -> dict[str, str]:
    return {"label": capfirst(str(field.verbose_name)), "before": now, "after": then}
