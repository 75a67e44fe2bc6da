"""What changed since a full: the rows whose xmin is at or after its horizon, and the keys that are still there.

`xmin` is the transaction that wrote a version of a row. The horizon of a full is the oldest transaction that was still
running when it was taken: whatever the full did not see was written by that one or a later one, savepoints included.
Restoring replaces those versions and removes the rows whose key is no longer there. Compared with the alternatives in
`backups.md` of the design.
"""

from dataclasses import dataclass
from typing import Any

import psycopg
from django.utils.translation import gettext as _
from psycopg import sql

from backups.engine.snapshot import Table

WHOLE, REPLACED, CHANGED, ADDED = "whole", "replaced", "changed", "added"
# Transaction ids come round after 2³²; half of them are "older". Ten million before that an increment is refused.
FARTHEST = 2**31 - 10_000_000


@dataclass(frozen=True)
class Change:
    """A table in a data part. `mode`: all its rows into an empty table (whole) or in the place of those that are there
    (replaced); those of `condition` and the present keys (changed), or those alone when none left (added)."""

    table: Table
    mode: str = WHOLE
    condition: sql.Composable | None = None


@dataclass(frozen=True)
class Step:
    """A statement of a restore; `copied`: "rows" or "keys" follow it."""

    statement: sql.Composable
    copied: str = ""


def inexact(parent: dict[str, Any], state: dict[str, Any]) -> str:
    """Why an increment over that full (its manifest) would not be exact, for people; "" when it would be.

    `state`: of now, as `snapshot.frozen` gives it, and the fingerprint.
    """
    reasons = {
        "system_id": _("la base est sur un autre serveur"),
        "timeline": _("la base a été remise à un instant antérieur"),
        # After a crash PostgreSQL gives again the numbers of transactions that it had not written.
        "postmaster_start": _("PostgreSQL a redémarré"),
        "fingerprint": _("les tables ont changé de définition"),
    }
    for name, reason in reasons.items():
        if parent[name] != state[name]:
            return reason
    if int(state["snapshot"].split(":")[1]) - int(parent["horizon"]) >= FARTHEST:
        return _("trop de transactions depuis la complète")
    return ""


def changes(own: psycopg.Connection, schema: str, tables: list[Table], parent: dict[str, Any]) -> list[Change]:
    """The tables that changed since a full (its manifest), in the same snapshot as everything else."""
    horizon, known = parent["horizon"], parent["tables"]
    counted = sql.SQL(" UNION ALL ").join(
        # OFFSET 0: else the planner asks each row's age once for each count.
        sql.SQL(
            "SELECT {name}::text, count(*), count(new), min(new) "
            "FROM (SELECT CASE WHEN {recent} THEN {key} END AS new FROM ONLY {table} OFFSET 0) x"
        ).format(
            name=sql.Literal(table.name), recent=recent(horizon, table), key=_number(table),
            table=sql.Identifier(schema, table.name),
        )
        for table in tables
    )  # fmt: skip
    found = {name: (count, new, first) for name, count, new, first in own.execute(counted)}
    made = []
    for table in tables:
        count, new, first = found[table.name]
        if table.oid != known[table.name]["oid"] or not table.key:
            # Another table under the same name (a client that was restored), or one without a key.
            made.append(Change(table, REPLACED))
        elif new and count == known[table.name]["sums"][0] + new:
            # Each row of the full that left, changed, or is written at or after its horizon would make them fewer.
            made.append(Change(table, ADDED, _from(first, table, recent(horizon, table))))
        elif new or count != known[table.name]["sums"][0]:
            made.append(Change(table, CHANGED, recent(horizon, table)))
    return made


def recent(horizon: str, _table: Table) -> sql.Composable:
    """Rows written since a horizon. Two-sided: those frozen long ago have an age that wrapped to below zero.

    The horizon's own age is asked once, not for each row: within a transaction it does not move.
    """
    return sql.SQL("age(xmin) BETWEEN 0 AND (SELECT age({}::xid))").format(sql.Literal(str(int(horizon) % 2**32)))


def _number(table: Table) -> sql.Composable:
    """A row's key where it is a whole number, else any."""
    return sql.SQL("{}::int8").format(sql.Identifier(table.key[0])) if table.ranges else sql.SQL("0::int8")


def _from(first: int, table: Table, condition: sql.Composable) -> sql.Composable:
    """The same rows, found by their key's index: what only grows has its new rows at the end."""
    if not table.ranges:
        return condition
    return sql.SQL("{} >= {} AND {}").format(sql.Identifier(table.key[0]), sql.Literal(first), condition)


def query(change: Change, source: sql.Composable) -> sql.Composable:
    """The rows that a change carries."""
    rows = sql.SQL("SELECT {} FROM ONLY {}").format(names(change.table.columns), source)
    return rows if change.condition is None else sql.SQL("{} WHERE {}").format(rows, change.condition)


def keys_query(table: Table, source: sql.Composable) -> sql.Composable:
    """The keys that are there: runs of integers as ranges, others one a line."""
    if table.ranges:
        # Keys that follow each other keep the same distance from their rank. range_agg takes half as long again.
        return sql.SQL(
            "SELECT int8range(min(k), max(k), '[]') FROM (SELECT {key}::int8 AS k, "
            "{key}::int8 - row_number() OVER (ORDER BY {key}) AS run FROM ONLY {source}) x GROUP BY run"
        ).format(key=sql.Identifier(table.key[0]), source=source)
    return sql.SQL("SELECT {} FROM ONLY {}").format(names(table.key), source)


def steps(change: Change, target: sql.Composable) -> list[Step]:
    """How a table is restored, as SQL that psql runs as well."""
    table = change.table
    into = sql.SQL("COPY {} ({})").format(target, names(table.columns))
    if change.mode in (WHOLE, ADDED):
        return [Step(into, "rows")]
    if change.mode == REPLACED:
        return [Step(sql.SQL("DELETE FROM {}").format(target)), Step(into, "rows")]
    there = sql.SQL(
        "t.{key}::int8 <@ coalesce((SELECT range_agg(k.r) FROM pg_temp.b2o_keys k), '{{}}'::int8multirange)"
        if table.ranges
        else "EXISTS (SELECT FROM pg_temp.b2o_keys k WHERE {same})"
    ).format(key=sql.Identifier(table.key[0]), same=_same(table, "k"))
    listed = sql.SQL("(r int8range)") if table.ranges else _like(target, table.key)
    return [
        Step(sql.SQL("CREATE TEMPORARY TABLE b2o_rows {}").format(_like(target, table.columns))),
        Step(sql.SQL("CREATE TEMPORARY TABLE b2o_keys {}").format(listed)),
        Step(sql.SQL("COPY pg_temp.b2o_keys"), "keys"),
        Step(sql.SQL("DELETE FROM {} t WHERE NOT ({})").format(target, there)),
        Step(sql.SQL("COPY pg_temp.b2o_rows"), "rows"),
        Step(sql.SQL("DELETE FROM {} t USING pg_temp.b2o_rows r WHERE {}").format(target, _same(table, "r"))),
        Step(
            sql.SQL("INSERT INTO {} ({}) OVERRIDING SYSTEM VALUE SELECT * FROM pg_temp.b2o_rows").format(
                target, names(table.columns)
            )
        ),
        Step(sql.SQL("DROP TABLE pg_temp.b2o_rows, pg_temp.b2o_keys")),
    ]


def names(columns: tuple[str, ...]) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, columns))


def _like(target: sql.Composable, columns: tuple[str, ...]) -> sql.Composed:
    return sql.SQL("AS SELECT {} FROM {} LIMIT 0").format(names(columns), target)


def _same(table: Table, other: str) -> sql.Composed:
    return sql.SQL(" AND ").join(
        sql.SQL("t.{key} = {other}.{key}").format(key=sql.Identifier(column), other=sql.Identifier(other))
        for column in table.key
    )
