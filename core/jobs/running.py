"""A job while it runs: its lock, its progress and the wish to cancel it, on a connection of their own.

What the job's own transaction writes, nobody sees before its end; and its lock must not depend on what it does to its
connection. So a job that runs borrows a second connection from the pool.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.db import Error, connection
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from core.models.jobs import Job
from core.place import active_schema
from core.text import clean

if TYPE_CHECKING:
    from django.core.files.base import File

    from core.accounts.models import User

THROTTLE = 0.3  # seconds between two writes of the progress
MESSAGE_MAX = 2000
_KEY = "hashtextextended(%s, 0)"


class JobError(Exception):
    """The work cannot be done; the message, in French, says why and what to do. Nothing technical went wrong."""


class Cancelled(Exception):
    """The owner asked to stop. Raised by `advance` and the like; let it pass."""


@dataclass
class Result:
    """What a job gives: a sentence, the page to go to, data for programs, and maybe a file for its owner.

    `file`: a Django File, kept for thirty days and downloaded from the job's page as `filename`.
    """

    message: str = ""
    url: str = ""
    data: dict[str, Any] = field(default_factory=dict)
    file: File | None = None
    filename: str = ""


class Running:
    """What the work is given: who asked, and how to tell where it is."""

    def __init__(self, job: Job, side: SideConnection) -> None:
        self.pk = job.pk
        self.owner: User | None = job.owner
        self.label = job.label
        self.attempt = job.attempts
        self._side = side
        self.done = 0
        self.of: int | None = None
        self._message = ""
        self._told = 0.0

    @property
    def operation(self) -> str:
        """What the history calls the changes of this job, unless the work says otherwise."""
        return f"job:{self.pk}"

    def total(self, count: int) -> None:
        """How much there is to do. Raises Cancelled."""
        self.of = count
        self._tell()

    def advance(self, count: int = 1, message: str = "") -> None:
        """`count` more are done. Cheap: written at most each 0.3 s. Raises Cancelled when the owner asked."""
        self.done += count
        self._message = message or self._message
        if time.monotonic() - self._told >= THROTTLE:
            self._tell()

    def say(self, message: str) -> None:
        """What is being done, at once: for the stages of a work. Raises Cancelled."""
        self._message = message
        self._tell()

    def check_now(self) -> None:
        """Write what was kept back. Raises Cancelled. Called before the end; the work need not."""
        self._tell()

    def check(self) -> None:
        """Only a sign of life. Raises Cancelled."""
        self.advance(0)

    def _tell(self) -> None:
        self._told = time.monotonic()
        if self._side.progress(self.pk, self.done, self.of, clean(self._message)[:MESSAGE_MAX]):
            raise Cancelled


class SideConnection:
    """A second connection to the same client, for one job, in autocommit: what it writes is seen at once."""

    def __init__(self) -> None:
        self.schema: str = active_schema()

    @cached_property
    def _connection(self) -> Any:
        made = connection.copy()
        made.set_schema(self.schema)  # type: ignore[attr-defined]
        return made

    def _ask(self, statement: str, parameters: list[Any]) -> Any:
        with self._connection.cursor() as cursor:
            cursor.execute(statement, parameters)
            return cursor.fetchone()

    def lock(self, name: str) -> bool:
        """Take an advisory lock that PostgreSQL drops with the process. False when another has it."""
        return self._ask(f"SELECT pg_try_advisory_lock({_KEY})", [name])[0]

    def progress(self, pk: int, done: int, total: int | None, message: str) -> bool:
        """Write it; whether the owner asked to cancel."""
        found = self._ask(
            "UPDATE core_job SET done = %s, total = %s, message = %s, heartbeat_at = now() "
            "WHERE id = %s AND state = 'running' RETURNING cancel_asked_at IS NOT NULL",
            [done, total, message, pk],
        )
        return bool(found and found[0])

    def close(self, name: str) -> None:
        """Back to the pool, without the lock; a broken connection has lost it already."""
        try:
            self._ask(f"SELECT pg_advisory_unlock({_KEY})", [name])
        except Error:
            self._connection.close_if_unusable_or_obsolete()
        finally:
            self._connection.close()


def lock_name(pk: int) -> str:
    """The schema is part of the name: advisory locks belong to the whole database."""
    return f"{active_schema()}:job:{pk}"


@contextmanager
def at_work(pk: int) -> Iterator[SideConnection | None]:
    """Hold a job for the length of a block. None when another process has it: then do nothing."""
    side, name = SideConnection(), lock_name(pk)
    mine = False
    try:
        mine = side.lock(name)
        yield side if mine else None
    finally:
        if mine:
            side.close(name)
        else:
            side._connection.close()


def is_held(pk: int) -> bool:
    """Whether some process is at work on a job. Takes no lock itself."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT EXISTS (
                SELECT FROM pg_locks l, {_KEY} k
                WHERE l.locktype = 'advisory' AND l.objsubid = 1 AND l.granted
                  AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
                  AND (l.classid::bigint << 32 | l.objid::bigint) = k)
            """,  # noqa: S608 - _KEY is ours
            [lock_name(pk)],
        )
        return cursor.fetchone()[0]


def cancelled_text(atomic: bool) -> str:
    if atomic:
        return _("Annulé : rien n’a été changé.")
    return _("Annulé : ce qui était déjà fait reste fait.")
