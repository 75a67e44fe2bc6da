"""What a schema is (tables, columns, definitions) and holds (sums), read in one frozen view of the database."""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg
from django.utils.translation import gettext as _
from psycopg import sql

from backups.errors import BackupError

_ATTEMPTS = 5
_CASTS = re.compile(r'::"?[a-z_][a-z_ ]*"?(?:\(\d+(?:,\d+)?\))?(?:\[\])?')
_BRACKETS = re.compile(r"[()\s]")


@dataclass(frozen=True)
class Table:
    """`columns` are those that COPY carries: generated ones are computed again by the restore.

    `key`: the columns of the primary key, none when there is none; `ranges`: the key is one integer.
    """

    name: str
    columns: tuple[str, ...]
    key: tuple[str, ...] = ()
    ranges: bool = False
    oid: int = 0


Sums = tuple[int, str, str]  # rows, and two order-independent sums of 64-bit hashes of the rows' text

_TABLES = """
SELECT c.relname, coalesce(array_agg(a.attname ORDER BY a.attnum) FILTER (WHERE a.attgenerated = ''), '{}'),
       coalesce((SELECT array_agg(k.attname ORDER BY array_position(i.indkey::int2[], k.attnum)) FROM pg_index i
                 JOIN pg_attribute k ON k.attrelid = c.oid AND k.attnum = ANY (i.indkey)
                 WHERE i.indrelid = c.oid AND i.indisprimary), '{}'),
       coalesce((SELECT bool_and(k.atttypid IN (20, 21, 23)) AND count(*) = 1 FROM pg_index i
                 JOIN pg_attribute k ON k.attrelid = c.oid AND k.attnum = ANY (i.indkey)
                 WHERE i.indrelid = c.oid AND i.indisprimary), false), c.oid
FROM pg_class c LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relnamespace = %s::regnamespace AND c.relkind = 'r' GROUP BY c.oid, c.relname ORDER BY c.relname
"""

# Run with the schema alone in the search path, so that no definition names it: equal schemas give equal text.
_DEFINITIONS = """
SELECT 'relation', c.relname::text, c.relkind::text, '',
       CASE WHEN c.relkind IN ('v', 'm') THEN pg_get_viewdef(c.oid) ELSE '' END
FROM pg_class c WHERE c.relnamespace = %(s)s::regnamespace AND c.relkind NOT IN ('i', 't')
UNION ALL
SELECT 'column', c.relname, a.attname, (row_number() OVER (PARTITION BY c.oid ORDER BY a.attnum))::text,
       concat_ws(' ', format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity, a.attgenerated,
                 a.attcollation::regcollation, pg_get_expr(d.adbin, d.adrelid))
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
WHERE c.relnamespace = %(s)s::regnamespace AND c.relkind = 'r'
UNION ALL
SELECT 'constraint', conrelid::regclass::text, conname, contype::text, pg_get_constraintdef(oid)
FROM pg_constraint WHERE connamespace = %(s)s::regnamespace AND contype <> 'n'
UNION ALL
SELECT 'index', c.relname, '', '', pg_get_indexdef(c.oid, 0, true)
FROM pg_class c JOIN pg_index i ON i.indexrelid = c.oid AND i.indisvalid -- one in the making is in no dump
WHERE c.relnamespace = %(s)s::regnamespace AND c.relkind = 'i'
UNION ALL
SELECT 'trigger', g.tgrelid::regclass::text, g.tgname, g.tgenabled::text, pg_get_triggerdef(g.oid, true)
FROM pg_trigger g JOIN pg_class c ON c.oid = g.tgrelid
WHERE c.relnamespace = %(s)s::regnamespace AND NOT g.tgisinternal
UNION ALL
SELECT 'sequence', c.relname, '', '', concat_ws(' ', format_type(q.seqtypid, NULL), q.seqstart, q.seqincrement,
                                                q.seqmax, q.seqmin, q.seqcache, q.seqcycle)
FROM pg_sequence q JOIN pg_class c ON c.oid = q.seqrelid WHERE c.relnamespace = %(s)s::regnamespace
ORDER BY 1, 2, 3, 4, 5
"""

# Those of public on which the schema leans: by a trigger, a default or generated column, an index, a constraint.
# Object by object: else the planner reads all of pg_depend, which is everybody's (3 s at 200 clients, not 50 ms).
_FUNCTIONS = """
WITH rel AS MATERIALIZED (SELECT oid FROM pg_class WHERE relnamespace = %(s)s::regnamespace),
own AS MATERIALIZED (
    SELECT 'pg_class'::regclass AS class, oid FROM rel
    UNION ALL SELECT 'pg_constraint'::regclass, k.oid FROM rel JOIN pg_constraint k ON k.conrelid = rel.oid
    UNION ALL SELECT 'pg_trigger'::regclass, g.oid FROM rel JOIN pg_trigger g ON g.tgrelid = rel.oid
    UNION ALL SELECT 'pg_attrdef'::regclass, a.oid FROM rel JOIN pg_attrdef a ON a.adrelid = rel.oid)
SELECT p.oid::regprocedure::text, pg_get_functiondef(p.oid)
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace AND n.nspname = 'public'
WHERE p.prokind = 'f' AND p.oid IN (
    SELECT found.refobjid FROM own CROSS JOIN LATERAL (
        SELECT refobjid FROM pg_depend
        WHERE classid = own.class AND objid = own.oid AND refclassid = 'pg_proc'::regclass OFFSET 0) found)
ORDER BY 1
"""

# A full records what an increment will need of its parent (backups.md, step 2).
_STATE = """
SELECT pg_current_snapshot()::text AS snapshot, pg_snapshot_xmin(pg_current_snapshot())::text AS horizon,
       (SELECT system_identifier::text FROM pg_control_system()) AS system_id,
       (SELECT timeline_id FROM pg_control_checkpoint()) AS timeline,
       pg_postmaster_start_time()::text AS postmaster_start, current_setting('server_version') AS server_version,
       to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS taken_at
"""


def tables(own: psycopg.Connection, schema: str) -> list[Table]:
    found = own.execute(_TABLES, [schema])
    return [Table(name, tuple(columns), tuple(key), ranges, oid) for name, columns, key, ranges, oid in found]


def fingerprint(own: psycopg.Connection, schema: str) -> str:
    """The SHA-256 of a schema's columns, constraints, indexes, triggers and sequences, without its name."""
    return fingerprint_of(definitions(own, schema))


def fingerprint_of(lines: list[tuple]) -> str:
    return _digest(lines)


def shape(own: psycopg.Connection, schema: str) -> str:
    """The same, blind to casts and brackets: what a restored schema is compared by.

    PostgreSQL reads `(ARRAY['a'::varchar])::text[]` back as `ARRAY[('a'::varchar)::text]`: the text of a definition
    that went through a dump is not always the text that was dumped.
    """
    return shape_of(definitions(own, schema))


def shape_of(lines: list[tuple]) -> str:
    return _digest(sorted([_BRACKETS.sub("", _CASTS.sub("", word)) for word in line] for line in lines))


def definitions(own: psycopg.Connection, schema: str) -> list[tuple]:
    """What `fingerprint_of` and `shape_of` are made of: read once for both."""
    with own.transaction():
        own.execute(sql.SQL("SET LOCAL search_path = {}").format(sql.Identifier(schema)))
        lines = own.execute(_DEFINITIONS, {"s": schema}).fetchall()
        own.execute("SET LOCAL search_path = ''")
    return lines


def _digest(lines: list) -> str:
    return hashlib.sha256(json.dumps(lines).encode()).hexdigest()


def functions(own: psycopg.Connection, schema: str) -> dict[str, str]:
    """The SHA-256 of each function of public that the schema uses, by signature."""
    found = own.execute(_FUNCTIONS, {"s": schema})
    return {name: hashlib.sha256(text.encode()).hexdigest() for name, text in found}


# How sums are taken: of the row's text (backups before 2026-11-27), or of the row, which takes a third of the time.
TEXT, RECORD = "text", "record"
_HASHED = {
    # The hash of a record is linear in its columns: summed as it is, two rows could exchange a value unseen.
    RECORD: ("hash_record_extended(ROW({columns}), 0)", "hashint8extended"),
    TEXT: ("ROW({columns})::text", "hashtextextended"),
}
# Types whose equal values have one text; the others are hashed by their text (1.0 and 1.00 are equal numbers).
_WRITTEN_ONE_WAY = ["bool", "int2", "int4", "int8", "oid", "text", "varchar", "name", "uuid", "bytea", "inet", "jsonb"]
_WRITTEN_ONE_WAY += ["date", "timestamp", "timestamptz"]
_WRITTEN_OTHERWISE = """
SELECT c.relname, a.attname
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid JOIN pg_type t ON t.oid = a.atttypid
LEFT JOIN pg_type e ON e.oid = t.typelem AND t.typcategory = 'A'
WHERE c.relnamespace = %s::regnamespace AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped
  AND coalesce(e.typname, t.typname) <> ALL (%s)
"""


def sums(
    own: psycopg.Connection,
    schema: str,
    wanted: list[Table],
    only: Mapping[str, sql.Composable] | None = None,
    *,
    hashing: str = RECORD,
) -> dict[str, Sums]:
    """Count and content of each table. Whatever the order of the rows, the same rows give the same sums.

    `only`: of a table, by name, just the rows of a condition. `hashing`: RECORD or TEXT.
    """
    if not wanted:
        return {}
    row, mixed = (sql.SQL(part) for part in _HASHED[hashing])
    as_text = set(own.execute(_WRITTEN_OTHERWISE, [schema, _WRITTEN_ONE_WAY])) if hashing == RECORD else set()
    one = sql.SQL(
        "SELECT {name}::text, count(*), coalesce(sum({mixed}(r, 0)), 0)::text, coalesce(sum({mixed}(r, 7)), 0)::text "
        # OFFSET 0: else the planner reads the row once for each hash.
        "FROM (SELECT {row} AS r FROM ONLY {table} WHERE {condition} OFFSET 0) x"
    )
    query = sql.SQL(" UNION ALL ").join(
        one.format(
            name=sql.Literal(table.name),
            mixed=mixed,
            row=row.format(
                columns=sql.SQL(", ").join(
                    sql.SQL("{}::text" if (table.name, column) in as_text else "{}").format(sql.Identifier(column))
                    for column in table.columns
                )
            ),
            table=sql.Identifier(schema, table.name),
            condition=(only or {}).get(table.name, sql.SQL("true")),
        )
        for table in wanted
    )
    return {name: (count, one, two) for name, count, one, two in own.execute(query)}


def sequences(own: psycopg.Connection, schema: str) -> dict[str, tuple[int, bool]]:
    """last_value and is_called. They ignore snapshots: read last, they are beyond any row that was read."""
    names = own.execute(
        "SELECT relname FROM pg_class WHERE relkind = 'S' AND relnamespace = %s::regnamespace ORDER BY 1", [schema]
    ).fetchall()
    found = {}
    for (name,) in names:
        query = sql.SQL("SELECT last_value, is_called FROM {}").format(sql.Identifier(schema, name))
        last, called = own.execute(query).fetchone()  # type: ignore[misc]
        found[name] = (last, called)
    return found


@contextmanager
def frozen(own: psycopg.Connection, schema: str) -> Iterator[tuple[list[Table], dict]]:
    """A read-only view of the whole schema at one instant, and what identifies it.

    Locks before the first query: a snapshot taken first shows no row of a table truncated in between.
    """
    for _attempt in range(_ATTEMPTS):
        wanted = tables(own, schema)
        if not wanted:
            raise BackupError(_("Le schéma « %(schema)s » n’existe pas ou n’a aucune table.") % {"schema": schema})
        own.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        try:
            if _lock(own, schema, wanted) and tables(own, schema) == wanted:
                yield wanted, _state(own)
                return
        finally:
            own.execute("ROLLBACK")
    raise BackupError(
        _("Les tables de « %(schema)s » changent sans cesse : relancez après la migration.") % {"schema": schema}
    )


def _lock(own: psycopg.Connection, schema: str, wanted: list[Table]) -> bool:
    names = sql.SQL(", ").join(sql.Identifier(schema, table.name) for table in wanted)
    try:
        own.execute(sql.SQL("LOCK TABLE {} IN ACCESS SHARE MODE").format(names))
    except psycopg.errors.UndefinedTable:
        return False
    except psycopg.errors.LockNotAvailable as error:
        raise BackupError(
            _("Une table de « %(schema)s » est restée verrouillée (une migration ?) : l’essai suivant passera après.")
            % {"schema": schema}
        ) from error
    return True


def _state(own: psycopg.Connection) -> dict:
    cursor = own.execute(_STATE)
    values = cursor.fetchone()
    return dict(zip([column.name for column in cursor.description or ()], values or (), strict=True))
