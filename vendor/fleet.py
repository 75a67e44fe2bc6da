"""Where every client stands, for the first page of ops. A constant number of queries for 250 clients."""

import datetime as dt
from dataclasses import dataclass, field

from django.db import connection
from django.db.models import OuterRef, Subquery
from django.utils import timezone
from psycopg import sql

from backups.models import Backup
from backups.models import State as BackupState
from backups.status import late as backups_late
from tenants import migrating
from tenants.models import Client
from vendor import certificates

_SCHEMAS = 250  # in one query
_TABLES = ("accounts_user", "core_job", "core_outgoingmail", "accounts_supportaccess")
_ONE = """
SELECT {name}::text,
    (SELECT count(*) FROM {schema}.accounts_user WHERE is_active),
    (SELECT count(*) FROM {schema}.core_job WHERE state IN ('queued', 'running')),
    (SELECT count(*) FROM {schema}.core_job WHERE state IN ('failed', 'interrupted')
        AND finished_at > now() - interval '1 day')
    + (SELECT count(*) FROM {schema}.core_outgoingmail WHERE state IN ('failed', 'abandoned')
        AND created_at > now() - interval '1 day'),
    (SELECT count(*) FROM {schema}.accounts_supportaccess WHERE revoked_at IS NULL AND ends_at > now())
"""


@dataclass
class Line:
    """One client. Numbers are None where its schema cannot say (destroyed, or not migrated that far)."""

    client: Client
    late: bool = False
    seats: int | None = None
    people: int | None = None
    jobs: int | None = None
    errors: int | None = None
    accesses: int | None = None  # that the client has opened to the support
    backup_at: dt.datetime | None = None
    backup_late: bool = False
    certificate_until: dt.datetime | None = None  # the first end among its hosts' and its authorities'
    certificate_wrong: list[str] = field(default_factory=list)


def fleet() -> list[Line]:
    """A line for each client, in the order of their names."""
    newest = Backup.objects.filter(client_id=OuterRef("pk"), state=BackupState.VERIFIED).order_by("-seq")
    clients = list(Client.objects.annotate(backup_at=Subquery(newest.values("verified_at")[:1])))
    living = [client.schema_name for client in clients if client.destroyed_at is None]
    counted = _counted(living)
    late, seats = set(migrating.late(living)), _seats()
    unproven = {code for codes in backups_late().values() for code in codes}
    proven = certificates.by_client(clients)
    lines = []
    for client in clients:
        line = Line(client, late=client.schema_name in late, seats=seats.get(client.pk), backup_at=client.backup_at)
        line.people, line.jobs, line.errors, line.accesses = counted.get(client.schema_name, (None,) * 4)
        line.certificate_until, line.certificate_wrong = proven[client.pk]
        line.backup_late = client.code in unproven
        lines.append(line)
    return lines


def _counted(schemas: list[str]) -> dict[str, tuple[int, int, int, int]]:
    """{schema: (people, jobs under way, what failed within a day, open accesses)} of those that have the tables."""
    found: dict[str, tuple[int, int, int, int]] = {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT n.nspname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
            "WHERE c.relname = ANY (%s) AND n.nspname = ANY (%s) GROUP BY 1 HAVING count(*) = %s",
            [list(_TABLES), schemas, len(_TABLES)],
        )
        ready = [schema for (schema,) in cursor.fetchall()]
        for start in range(0, len(ready), _SCHEMAS):
            parts = [
                sql.SQL(_ONE).format(name=sql.Literal(schema), schema=sql.Identifier(schema))
                for schema in ready[start : start + _SCHEMAS]
            ]
            cursor.execute(sql.SQL(" UNION ALL ").join(parts))
            found.update({row[0]: tuple(row[1:]) for row in cursor.fetchall()})
    return found


def _seats() -> dict[int, int]:
    """{client: seats of the contract in force}."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.id, g.seats FROM public.tenants_client c, LATERAL public.b2o_granted(c.id, %s) g",
            [timezone.localdate()],
        )
        return dict(cursor.fetchall())
