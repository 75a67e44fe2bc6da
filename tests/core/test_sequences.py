"""Numbers without gaps: under threads, rollbacks, crashes and new years."""

import datetime as dt
import random
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import psycopg
import pytest
from django.db import DatabaseError, connection, transaction
from django_tenants.utils import schema_context

from core.models import Sequence
from core.sequences import (
    AlreadyStarted,
    Every,
    Numbering,
    OutsideTransaction,
    SequenceBusy,
    next_number,
    peek,
    start_after,
)
from tests.core.calendars import UTC, day

INVOICES = Numbering("invoice", "FA-{period}-{number:05}")
SCHEMA = "numeros"
KEPT = ("host", "port", "dbname", "user", "password")


@pytest.fixture
def numbers(make_client):
    """A client really committed, active."""
    make_client("numeros", people=False)
    with schema_context(SCHEMA):
        yield


def conninfo() -> str:
    parameters = connection.get_connection_params()
    return psycopg.conninfo.make_conninfo(**{name: parameters[name] for name in KEPT if parameters.get(name)})


@contextmanager
def other_session():
    """Another session of the same client, outside Django, in a transaction."""
    with psycopg.connect(conninfo(), options=f"-c search_path={SCHEMA},public") as own:
        yield own
        if not own.closed:
            own.rollback()


def take(session, name="invoice", period="2026") -> int:
    return session.execute("SELECT public.b2o_next_number(%s, %s, '5s')", [name, period]).fetchone()[0]


# --- without gaps ---------------------------------------------------------------------------------------------------------
def test_twenty_threads_half_of_whose_work_is_rolled_back_leave_no_gap(numbers):
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE document (number bigint PRIMARY KEY, at timestamptz DEFAULT clock_timestamp())")
    start = threading.Barrier(20)

    def work(seed: int) -> int:
        """Ten documents; returns how many of them were rolled back."""
        dice, rolled_back = random.Random(seed), 0
        try:
            with schema_context(SCHEMA):
                start.wait(30)
                for _turn in range(10):
                    try:
                        with transaction.atomic(), connection.cursor() as cursor:
                            number = next_number("invoice", "2026", patience=60)
                            if dice.random() < 0.3:  # another one, given back within the same transaction
                                with pytest.raises(ZeroDivisionError), transaction.atomic():
                                    next_number("invoice", "2026")
                                    raise ZeroDivisionError
                            cursor.execute("INSERT INTO document VALUES (%s)", [number])
                            if dice.random() < 0.5:
                                raise ZeroDivisionError
                    except ZeroDivisionError:
                        rolled_back += 1
        finally:
            connection.close()
        return rolled_back

    with ThreadPoolExecutor(20) as threads:
        rolled_back = sum(threads.map(work, range(20)))
    with connection.cursor() as cursor:
        cursor.execute("SELECT array_agg(number ORDER BY number), array_agg(number ORDER BY at) FROM document")
        found, in_time = cursor.fetchone()
    assert found == list(range(1, len(found) + 1)) == in_time
    assert rolled_back > 20 and len(found) + rolled_back == 200
    assert peek("invoice", "2026") == len(found) + 1


def test_a_process_killed_with_a_number_in_hand_gives_it_back(numbers):
    with transaction.atomic():
        assert next_number("invoice", "2026") == 1
    script = (
        "import psycopg, sys, time\n"
        f"own = psycopg.connect(sys.argv[1], options='-c search_path={SCHEMA},public')\n"
        "print(own.execute(\"SELECT public.b2o_next_number('invoice', '2026', '5s')\").fetchone()[0], flush=True)\n"
        "time.sleep(60)\n"
    )
    crashing = subprocess.Popen([sys.executable, "-c", script, conninfo()], stdout=subprocess.PIPE, text=True)
    assert crashing.stdout.readline() == "2\n"
    assert peek("invoice", "2026") == 2  # it holds the row, not those who look
    crashing.send_signal(signal.SIGKILL)
    crashing.communicate()
    with transaction.atomic():
        assert next_number("invoice", "2026") == 2


def test_a_backend_that_dies_gives_its_number_back(numbers):
    with other_session() as own:
        assert take(own) == 1
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [own.info.backend_pid])
        own.close()
    with transaction.atomic():
        assert next_number("invoice", "2026") == 1


def test_the_first_number_is_taken_once_whoever_else_begins(numbers):
    for ends, expected in (("rollback", 1), ("commit", 2)):
        got = []

        def second(got=got, ends=ends):
            with schema_context(SCHEMA), transaction.atomic():
                got.append(next_number(ends, "2026"))
            connection.close()

        with other_session() as own:
            assert take(own, ends) == 1
            waiting = threading.Thread(target=second)
            waiting.start()
            waiting.join(0.3)
            assert waiting.is_alive() and not got
            getattr(own, ends)()
            waiting.join(10)
        assert got == [expected]


# --- bounded waits ---------------------------------------------------------------------------------------------------------
def test_who_waits_too_long_is_told_in_french_and_can_go_on(numbers):
    with transaction.atomic():
        next_number("invoice", "2026")
    with other_session() as own, transaction.atomic():
        assert take(own) == 2
        began = dt.datetime.now(UTC)
        with pytest.raises(SequenceBusy, match="réessayez"):
            next_number("invoice", "2026", patience=0.2)
        assert dt.timedelta(seconds=0.15) < dt.datetime.now(UTC) - began < dt.timedelta(seconds=3)
        assert next_number("credit", "2026") == 1  # the transaction is whole, and other sequences are free
        with connection.cursor() as cursor:
            cursor.execute("SHOW lock_timeout")
            assert cursor.fetchone() == ("0",)  # the limit was the number's alone


def test_two_who_wait_for_each_other_are_told_apart(numbers):
    with transaction.atomic():
        next_number("a"), next_number("b")
    outcome = []

    def b_then_a():
        try:
            with schema_context(SCHEMA), transaction.atomic():
                next_number("b")
                crossed.wait(10)
                next_number("a", patience=20)
        except SequenceBusy as error:
            outcome.append(error)
        finally:
            connection.close()

    crossed = threading.Barrier(2)
    thread = threading.Thread(target=b_then_a)
    thread.start()
    try:
        with transaction.atomic():
            next_number("a")
            crossed.wait(10)
            next_number("b", patience=20)
    except SequenceBusy as error:
        outcome.append(error)
    thread.join(20)
    assert len(outcome) == 1  # one gave way, the other has both
    assert (peek("a"), peek("b")) == (3, 3)


# --- how they are asked ------------------------------------------------------------------------------------------------------
def test_no_number_outside_a_transaction(numbers):
    with pytest.raises(OutsideTransaction, match="invoice"):
        next_number("invoice", "2026")
    with pytest.raises(OutsideTransaction):
        INVOICES.take(day("2026-11-23"))
    assert not Sequence.objects.exists()


def test_numbers_are_shown_by_their_pattern(atelier):
    today = day("2026-11-23")
    assert INVOICES.peek(today) == INVOICES.take(today) == "FA-2026-00001"
    assert INVOICES.peek(today) == INVOICES.peek(today) == INVOICES.take(today) == "FA-2026-00002"
    monthly = Numbering("ticket", "T{period}/{number}", Every.MONTH)
    assert monthly.take(today) == "T2026-11/1"
    forever = Numbering("lot", "L{number:03}", Every.NEVER)
    start_after("lot", "", 998)
    assert [forever.take(today), forever.take(day("2027-01-01"))] == ["L999", "L1000"]


def test_a_year_begins_in_paris(atelier):
    before = dt.datetime(2026, 12, 31, 22, 59, 59, tzinfo=UTC)
    after = dt.datetime(2026, 12, 31, 23, 0, tzinfo=UTC)
    assert [INVOICES.take(when) for when in (before, after, before)] == [
        "FA-2026-00001",
        "FA-2027-00001",
        "FA-2026-00002",
    ]
    with pytest.raises(ValueError):
        INVOICES.take(dt.datetime(2026, 12, 31))


@pytest.mark.parametrize(
    ("pattern", "every"),
    [
        ("FA-{number}", Every.YEAR),
        ("FA-{period}", Every.YEAR),
        ("L{period}{number}", Every.NEVER),
        ("{number}{x}", Every.NEVER),
    ],
)
def test_a_pattern_that_shows_two_numbers_alike_is_refused(pattern, every):
    with pytest.raises(ValueError, match="ne distingue pas"):
        Numbering("invoice", pattern, every)


def test_each_client_has_its_own(atelier, horizon, within):
    assert [next_number("invoice"), next_number("invoice")] == [1, 2]
    with within(horizon):
        assert next_number("invoice") == 1
    assert next_number("invoice") == 3


def test_going_on_from_another_software(atelier):
    start_after("invoice", "2026", 1542)
    assert INVOICES.take(day("2026-11-23")) == "FA-2026-01543"
    with pytest.raises(AlreadyStarted, match="déjà commencé"):
        start_after("invoice", "2026", 2000)
    with pytest.raises(DatabaseError), transaction.atomic():
        start_after("quote", "2026", -1)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE core_sequence SET last = last - 1",
        "UPDATE core_sequence SET last = last",
        "UPDATE core_sequence SET last = last + 2",
        "UPDATE core_sequence SET last = last + 1, name = 'x'",
        "UPDATE core_sequence SET last = last + 1, period = 'x'",
        "DELETE FROM core_sequence",
        "TRUNCATE core_sequence",
    ],
)
def test_the_database_lets_a_counter_only_go_up(atelier, statement):
    next_number("invoice", "2026")
    with pytest.raises(DatabaseError, match="only goes up"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert next_number("invoice", "2026") == 2
