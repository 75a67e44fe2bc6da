"""The database's own constraints, asked for a thousand lines before any is written.

So the dry run refuses what the commit would. The conditions are PostgreSQL's, read from its catalogue: nothing is
said twice. What cannot be asked so (exclusion constraints, triggers) is refused while writing, see
core.importing.writing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db import connection
from django.db.models import BaseConstraint, Field, UniqueConstraint
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from core.importing.importer import Draft, Importer
from core.importing.writing import prepared, type_of

_SAFE = 2_000_000  # keys of unique values remembered of a file; beyond, the database alone judges


@dataclass(frozen=True)
class _Check:
    name: str
    condition: str


@dataclass(frozen=True)
class _Unique:
    name: str
    keys: tuple[str, ...]
    condition: str


class Guard:
    """One for each pass: it remembers the unique values of the lines above."""

    def __init__(self, importer: Importer) -> None:
        self.importer, self.model = importer, importer.model
        self._seen: dict[tuple[str, str], int] = {}

    def judge(self, drafts: Sequence[Draft]) -> None:
        """Refuse the drafts that the database would. Two queries at most."""
        chosen = [
            draft for draft in drafts if draft.outcome == "created" or (draft.outcome == "updated" and draft.changes)
        ]
        if not chosen or not (self._checks or self._uniques):
            return
        quote = connection.ops.quote_name
        arrays = {field: [self._value(draft, field) for draft in chosen] for field in self._columns}
        names = [quote(str(field.column)) for field in arrays]
        typed = ", ".join(f"%s::{type_of(field)}[]" for field in arrays)
        source = f"unnest({typed}) WITH ORDINALITY AS v({', '.join(names)}, b2o_rank)"
        with connection.cursor() as cursor:
            cursor.execute(self._question.replace("$LINES", source, 1), list(arrays.values()))
            answers = cursor.fetchall()
        for rank, name, keys, taken in sorted(answers):
            self._answer(chosen[rank - 1], name, keys, taken)

    def _answer(self, draft: Draft, name: str, keys: str | None, taken: bool) -> None:
        if draft.outcome == "refused":
            return
        if keys is None:
            draft.refuse(self._said(name))
            return
        if taken:
            draft.refuse(self._said_unique(name, draft))
            return
        above = self._seen.get((name, keys))
        if above is not None:
            draft.refuse(_("%(label)s : déjà à la ligne %(line)d de ce fichier.") % {
                "label": self._labels(name), "line": above,
            })  # fmt: skip
        elif len(self._seen) < _SAFE:
            self._seen[name, keys] = draft.line.number

    # --- the question ------------------------------------------------
    @cached_property
    def _question(self) -> str:
        """One row for each constraint that refuses a line, and for each unique value that a line has."""
        quote = connection.ops.quote_name
        table, pk = quote(self.model._meta.db_table), quote(str(self.model._meta.pk.column))
        asks = [
            f"SELECT b2o_rank::int, {check.name}, NULL::text, true FROM v WHERE NOT ({check.condition})"  # noqa: S608
            for check in self._checks
        ]
        for unique in self._uniques:
            keys = ", ".join(f"({key}) AS k{place}" for place, key in enumerate(unique.keys))
            same = " AND ".join(f"t.k{place} = l.k{place}" for place in range(len(unique.keys)))
            shown = ", ".join(f"l.k{place}::text" for place in range(len(unique.keys)))
            whole = " AND ".join(f"l.k{place} IS NOT NULL" for place in range(len(unique.keys)))
            asks.append(
                f"SELECT b2o_rank::int, {unique.name}, array[{shown}]::text, EXISTS ("  # noqa: S608
                f"SELECT FROM (SELECT {pk} AS b2o_pk, {keys} FROM {table} WHERE {unique.condition}) t "
                f"WHERE {same} AND t.b2o_pk IS DISTINCT FROM l.b2o_pk) "
                f"FROM (SELECT b2o_rank, {pk} AS b2o_pk, {keys} FROM v WHERE {unique.condition}) l WHERE {whole}"
            )
        return f"WITH v AS MATERIALIZED (SELECT * FROM $LINES) {' UNION ALL '.join(asks)}"  # noqa: S608 - as above

    @cached_property
    def _columns(self) -> list[Field]:
        """The key, and the columns that a condition names."""
        text = " ".join(
            [check.condition for check in self._checks]
            + [part for unique in self._uniques for part in (*unique.keys, unique.condition)]
        )
        words = set(re.findall(r"\w+", text))
        return [
            field for field in self.model._meta.concrete_fields
            if not field.generated and (field.primary_key or field.column in words)
        ]  # fmt: skip

    def _value(self, draft: Draft, field: Field) -> Any:
        if field.name in draft.values:
            return prepared(field, draft.values[field.name])
        if draft.row is not None:
            return prepared(field, getattr(draft.row, field.attname))
        if field.primary_key or field.has_db_default():
            return None
        if field.name in self.importer.initial:
            return prepared(field, self.importer.initial[field.name])
        return None if getattr(field, "auto_now", False) else self._default(field)

    def _default(self, field: Field) -> Any:
        return prepared(field, field.get_default()) if field.has_default() or not field.null else None

    # --- what the catalogue says ------------------------------------------------
    @cached_property
    def _checks(self) -> list[_Check]:
        return [
            _Check(_literal(name), _escaped(condition))
            for name, condition in self._ask(
                "SELECT conname, pg_get_expr(conbin, conrelid) FROM pg_constraint "
                "WHERE conrelid = %s::regclass AND contype = 'c' AND convalidated ORDER BY conname"
            )
        ]

    @cached_property
    def _uniques(self) -> list[_Unique]:
        found = self._ask(
            "SELECT c.relname, ARRAY(SELECT pg_get_indexdef(i.indexrelid, k, true) "
            "FROM generate_series(1, i.indnkeyatts) k), COALESCE(pg_get_expr(i.indpred, i.indrelid), 'true') "
            "FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid "
            "WHERE i.indrelid = %s::regclass AND i.indisunique AND NOT i.indisprimary ORDER BY c.relname"
        )
        return [
            _Unique(_literal(name), tuple(map(_escaped, keys)), _escaped(condition)) for name, keys, condition in found
        ]

    def _ask(self, statement: str) -> list[tuple[Any, ...]]:
        with connection.cursor() as cursor:
            cursor.execute(statement, [connection.ops.quote_name(self.model._meta.db_table)])
            return cursor.fetchall()

    # --- words ------------------------------------------------
    def _constraint(self, name: str) -> BaseConstraint | None:
        return next((one for one in self.model._meta.constraints if one.name == name), None)

    def _labels(self, name: str) -> str:
        constraint = self._constraint(name)
        names = constraint.fields if isinstance(constraint, UniqueConstraint) else ()
        labels = [capfirst(str(self.model._meta.get_field(field).verbose_name)) for field in names]  # type: ignore[union-attr]
        return " + ".join(labels) or name

    def _said(self, name: str) -> str:
        constraint = self._constraint(name)
        if constraint is not None and constraint.violation_error_message != constraint.default_violation_error_message:
            return str(constraint.get_violation_error_message())
        return _("La base refuse cette ligne (règle « %s ») : ses valeurs se contredisent.") % name

    def _said_unique(self, name: str, draft: Draft) -> str:
        constraint = self._constraint(name)
        if constraint is not None and constraint.violation_error_message != constraint.default_violation_error_message:
            return str(constraint.get_violation_error_message())
        return _("%s : une autre fiche porte déjà cette valeur.") % self._labels(name)


def _escaped(text: str) -> str:
    """The catalogue's text becomes part of a statement with parameters: its percent signs are its own."""
    return text.replace("%", "%%")


def _literal(name: str) -> str:
    return "'" + _escaped(name.replace("'", "''")) + "'"
