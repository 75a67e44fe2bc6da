"""Figures that are looked up when Prometheus asks: queue, jobs, webhooks, backups, clients."""

import logging
import time
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.db import Error
from django.db.models import Count, Max
from django.utils import timezone
from prometheus_client.core import GaugeMetricFamily
from psycopg import sql
from redis.exceptions import RedisError

from backups.models import Backup
from backups.models import State as BackupState
from core.place import redis
from tenants.connection import connection
from tenants.models import Client, State

logger = logging.getLogger(__name__)
_SCHEMAS = 250  # in one query


class Gauges:
    """A collector of prometheus_client. A part that fails is left out, and `b2o_up` says so: the others are told."""

    def collect(self) -> Iterator[Any]:
        up = GaugeMetricFamily("b2o_up", "Whether a server answers", labels=["server"])
        for name, part in (("database", self.database), ("redis", self.redis)):
            try:
                found = list(part())
            except (Error, RedisError):
                logger.warning("metrics: %s does not answer", name, exc_info=True)
                up.add_metric([name], 0)
            else:
                up.add_metric([name], 1)
                yield from found
        yield up

    def redis(self) -> Iterator[Any]:
        client = redis(write=False)
        queue = GaugeMetricFamily("b2o_queue_length", "Messages that wait for a worker", labels=["queue"])
        name = getattr(settings, "CELERY_TASK_DEFAULT_QUEUE", "celery")
        queue.add_metric([name], client.llen(name))
        yield queue

    def database(self) -> Iterator[Any]:
        connection.set_schema_to_public()
        try:
            yield from self.clients()
            yield from self.backups()
            yield from self.waiting()
        finally:
            connection.close()

    def clients(self) -> Iterator[Any]:
        gauge = GaugeMetricFamily("b2o_clients", "Clients by state", labels=["state"])
        for state, count in Client.objects.values_list("state").annotate(n=Count("pk")).order_by("state"):
            gauge.add_metric([state], count)
        yield gauge

    def backups(self) -> Iterator[Any]:
        """The age of the last verified backup, by client: their codes, which are those of their addresses."""
        age = GaugeMetricFamily("b2o_backup_age_seconds", "Since the last verified backup", labels=["client"])
        last = dict(
            Backup.objects.filter(state=BackupState.VERIFIED)
            .values_list("client_id").annotate(at=Max("verified_at")).order_by()
        )  # fmt: skip
        now = timezone.now()
        served = Client.objects.filter(state__in=(State.LIVE, State.TRIAL))
        for pk, code, since in served.values_list("pk", "code", "created_at"):
            age.add_metric([code], (now - last.get(pk, since)).total_seconds())
        yield age

    def waiting(self) -> Iterator[Any]:
        """What waits in all the clients together: jobs, mails, webhooks."""
        parts = {
            "jobs": ("core_job", "state IN ('queued', 'running')"),
            "mails": ("core_outgoingmail", "state = 'queued' OR state = 'sending'"),
            "webhooks": ("interfaces_delivery", "state = 'queued'"),
        }
        gauge = GaugeMetricFamily("b2o_waiting", "Rows that wait, of all clients", labels=["what"])
        for what, (table, condition) in parts.items():
            gauge.add_metric([what], self._count(table, condition))
        yield gauge

    def _count(self, table: str, condition: str) -> int:
        schemas = list(Client.objects.values_list("schema_name", flat=True))
        total = 0
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT n.nspname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
                "WHERE c.relname = %s AND n.nspname = ANY (%s)",
                [table, schemas],
            )
            ready = [schema for (schema,) in cursor.fetchall()]
            one = sql.SQL("SELECT count(*) FROM {} WHERE {}")
            for start in range(0, len(ready), _SCHEMAS):
                parts = [
                    one.format(sql.Identifier(schema, table), sql.SQL(condition))
                    for schema in ready[start : start + _SCHEMAS]
                ]
                cursor.execute(sql.SQL(" UNION ALL ").join(parts))
                total += sum(count for (count,) in cursor.fetchall())
        return total


def told() -> bytes:
    """Everything, as Prometheus reads it."""
    import os

    from prometheus_client import CollectorRegistry, generate_latest, multiprocess

    from config.operations.metrics import FOLDER

    started = time.perf_counter()
    registry = CollectorRegistry()
    if os.environ.get(FOLDER):
        multiprocess.MultiProcessCollector(registry)
    registry.register(Gauges())
    text = generate_latest(registry)
    logger.debug("metrics told in %.3f s", time.perf_counter() - started)
    return text
