"""Numbers without gaps, by name and period: « FA-2026-00042 ».

CGI, annexe II, art. 242 nonies A, I, 7°: an invoice has a unique number in a chronological and continuous sequence;
distinct series are allowed where the way of working needs them (here: periods and names).

    INVOICES = Numbering("invoice", "FA-{period}-{number:05}")

    @transaction.atomic
    def issue(invoice, *, by):
        invoice.number = INVOICES.take(invoice.date)

The number is taken in the transaction that uses it: it is used if that commits and free again if it does not. Until
then the others wait, so take it last, and never before sending, printing or asking anyone anything.
"""

import datetime as dt
import enum
from dataclasses import dataclass
from string import Formatter

from django.db import IntegrityError, OperationalError, connection, transaction
from django.utils.translation import gettext as _
from psycopg import errors

from core.business_time.paris import paris_day
from core.models import Sequence

PATIENCE = 5.0  # seconds to wait for a transaction that holds the counter


class OutsideTransaction(transaction.TransactionManagementError):
    """A number was asked for outside a transaction: it would be gone whatever becomes of the document."""


class SequenceBusy(Exception):
    """Others held the counter longer than our patience. Nothing was taken; the text can be shown."""


class AlreadyStarted(Exception):
    """The counter exists: nothing can be taken over into it. The text can be shown."""


class Every(enum.Enum):
    """How often a sequence begins again at 1, by the day in Paris."""

    YEAR = "%Y"
    MONTH = "%Y-%m"
    NEVER = ""

    def period(self, when: dt.date | dt.datetime) -> str:
        """The period of a day, or of an aware moment: "2026", "2026-11" or ""."""
        return paris_day(when).strftime(self.value)


@dataclass(frozen=True)
class Numbering:
    """A kind of document's numbers. `pattern` shows {number} and, where the sequence begins again, {period}.

    Raises ValueError if two numbers would look the same. A number beyond the pattern's width grows, it is not cut.
    """

    name: str
    pattern: str
    every: Every = Every.YEAR

    def __post_init__(self) -> None:
        shown = {field for _text, field, _spec, _conversion in Formatter().parse(self.pattern) if field is not None}
        if shown != ({"number"} if self.every is Every.NEVER else {"number", "period"}):
            raise ValueError(f"{self.name} : le modèle {self.pattern!r} ne distingue pas tous les numéros")

    def take(self, when: dt.date | dt.datetime, *, patience: float = PATIENCE) -> str:
        """The next number for a document of that day, formatted. Raises as `next_number` does."""
        period = self.every.period(when)
        return self.format(next_number(self.name, period, patience=patience), period)

    def peek(self, when: dt.date | dt.datetime) -> str:
        """What the next number would be: to show, never to use."""
        period = self.every.period(when)
        return self.format(peek(self.name, period), period)

    def format(self, number: int, period: str) -> str:
        return self.pattern.format(number=number, period=period)


def next_number(name: str, period: str = "", *, patience: float = PATIENCE) -> int:
    """Take the next number of the active client's sequence, from 1, in the caller's transaction.

    `patience` in seconds. Raises OutsideTransaction, and SequenceBusy if other transactions hold the counter longer or
    wait for us in a circle; the caller's transaction can then go on, without a number.
    """
    if not connection.in_atomic_block:
        raise OutsideTransaction(f"{name} : un numéro se prend dans la transaction de son document")
    limit = f"{max(1, round(patience * 1000))}ms"  # 0 would wait for ever
    try:
        # A savepoint, so that a wait given up does not spoil the caller's transaction.
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT public.b2o_next_number(%s, %s, %s)", [name, period, limit])
            (number,) = cursor.fetchone()
    except OperationalError as error:
        if isinstance(error.__cause__, errors.LockNotAvailable | errors.DeadlockDetected):
            raise SequenceBusy(
                _("Un autre document reçoit son numéro en ce moment. Rien n’a été enregistré : réessayez.")
            ) from error
        raise
    return number


def peek(name: str, period: str = "") -> int:
    """The number that would come next, by what is committed and one's own transaction. Takes and holds nothing."""
    last = Sequence.objects.filter(name=name, period=period).values_list("last", flat=True).first()
    return (last or 0) + 1


def start_after(name: str, period: str, last: int) -> None:
    """Go on from another software's last number. Raises AlreadyStarted if a number was taken here before.

    Waits for a transaction that is taking the first one.
    """
    try:
        with transaction.atomic():
            Sequence.objects.create(name=name, period=period, last=last)
    except IntegrityError as error:
        if isinstance(error.__cause__, errors.UniqueViolation):
            raise AlreadyStarted(
                _("Cette suite de numéros a déjà commencé : elle ne peut plus être reprise.")
            ) from error
        raise
