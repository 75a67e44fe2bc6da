"""Sealing the history: events go into blocks, each of which holds the hash of the one before.

A trigger that chained event to event would make every writer wait for the one before to commit. So events are sealed
afterwards, by a task each minute. An event drawn earlier may become visible later, when its transaction commits; a
client is sealed only as far as no open transaction can still add an event (`settled`).
"""

import hashlib
import logging
import struct
import time
from collections.abc import Iterable, Sequence

from django.db import connection, transaction
from django.utils import timezone
from django_tenants.utils import schema_context
from psycopg import sql

from core.models import Seal, SealHead

logger = logging.getLogger(__name__)
BLOCK = 1000  # events of a seal
PATIENCE = 5.0  # seconds to wait for open transactions
_SCHEMAS = 250  # in one query

DIGESTS = """
    SELECT e.id, public.b2o_event_digest(e.id, e.at, e.actor_id, e.actor_name, e.screen, e.operation, e.kind, e.model,
                                         e.object_id, e.fields, e.commitment)
    FROM core_event e WHERE e.id > %s AND e.id <= %s ORDER BY e.id LIMIT %s
"""


def seal_all(schemas: Iterable[str], *, patience: float = PATIENCE) -> dict[str, int]:
    """Seal what is settled in each schema that lags behind. Returns {schema: events sealed}."""
    reach = settled(unsealed(schemas), patience=patience)
    done = {}
    for schema, last in reach.items():
        with schema_context(schema):
            done[schema] = seal(last)
    return done


def unsealed(schemas: Iterable[str]) -> dict[str, int]:
    """The last event of each schema that has events after its last seal. Schemas without seals (late) are left out."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT n.nspname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
            "WHERE c.relname = 'core_seal' AND n.nspname = ANY (%s) ORDER BY 1",
            [list(schemas)],
        )
        ready = [schema for (schema,) in cursor.fetchall()]
        found = {}
        one = "SELECT {}::text, (SELECT max(id) FROM {}), (SELECT max(last_event) FROM {})"
        for start in range(0, len(ready), _SCHEMAS):
            parts = [
                sql.SQL(one).format(
                    sql.Literal(schema), sql.Identifier(schema, "core_event"), sql.Identifier(schema, "core_seal")
                )
                for schema in ready[start : start + _SCHEMAS]
            ]
            cursor.execute(sql.SQL(" UNION ALL ").join(parts))
            found.update({schema: last for schema, last, sealed in cursor.fetchall() if (last or 0) > (sealed or 0)})
    return found


def settled(reach: dict[str, int], *, patience: float = PATIENCE) -> dict[str, int]:
    """Those of `reach` below which no open transaction can still add an event, after at most `patience` seconds.

    A transaction keeps its lock on core_event from before it draws an event's number until its commit is visible. Those
    that hold the lock after `reach` was read are all that may hold lower numbers; who comes later draws higher ones.
    """
    writers, deadline = _writers(list(reach)), time.monotonic() + patience
    while writers and time.monotonic() < deadline:
        time.sleep(0.02)
        writers &= _writers(list(reach))
    busy = {schema for schema, _transaction in writers}
    if busy:
        logger.info("history: sealed later, a transaction stays open: %s", ", ".join(sorted(busy)))
    return {schema: last for schema, last in reach.items() if schema not in busy}


def _writers(schemas: list[str]) -> set[tuple[str, str]]:
    """The (schema, transaction) that write events now, apart from one's own."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT n.nspname, l.virtualtransaction FROM pg_locks l
            JOIN pg_class c ON c.oid = l.relation JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE l.locktype = 'relation' AND l.mode = 'RowExclusiveLock' AND l.pid IS DISTINCT FROM pg_backend_pid()
              AND l.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())
              AND c.relname = 'core_event' AND n.nspname = ANY (%s)
            """,
            [schemas],
        )
        return set(cursor.fetchall())


@transaction.atomic
def seal(last: int) -> int:
    """Seal the active client's events up to `last`, which must be settled. Returns how many."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('b2o:seal:' || current_schema(), 0))")
        previous, done = Seal.objects.order_by("number").last(), 0
        while True:
            cursor.execute(DIGESTS, [previous.last_event if previous else 0, last, BLOCK])
            events = [(pk, bytes(digest)) for pk, digest in cursor.fetchall()]
            if not events:
                break
            previous = _add(previous, events)
            done += len(events)
    if done and previous:
        SealHead.objects.update_or_create(pk=1, defaults={"number": previous.number, "hash": previous.hash})
        # The log leaves the database: whoever rewrites the whole chain cannot rewrite this line.
        logger.info("history sealed up to event %d: seal %d %s", last, previous.number, bytes(previous.hash).hex())
    return done


def _add(previous: Seal | None, events: Sequence[tuple[int, bytes]]) -> Seal:
    made = Seal(
        number=previous.number + 1 if previous else 1,
        first_event=events[0][0],
        last_event=events[-1][0],
        count=len(events),
        ids=[pk for pk, _digest in events],
        digests=b"".join(digest for _pk, digest in events),
        previous=bytes(previous.hash) if previous else b"",
        at=timezone.now(),
    )
    made.hash = seal_hash(made)
    made.save(force_insert=True)
    return made


def seal_hash(seal: Seal) -> bytes:
    """What a seal's hash must be: SHA-256 of the previous one, its own numbers and time, and its events' digests."""
    moment = round(seal.at.timestamp() * 1_000_000)
    numbers = struct.pack(">qqqqq", seal.number, seal.first_event, seal.last_event, seal.count, moment)
    ids = struct.pack(f">{len(seal.ids)}q", *seal.ids)
    return hashlib.sha256(bytes(seal.previous) + numbers + ids + bytes(seal.digests)).digest()
