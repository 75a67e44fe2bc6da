"""R13: the copies of the last six business days that have one. The worked examples of the design, and what must hold
whatever fails and whatever the clock says."""

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backups import catalogue, retention
from backups.actions import back_up, verify
from backups.errors import BackupError
from backups.models import Backup, Kind, State, Trigger
from backups.restoring import restore_over
from backups.retention import kept_of, kept_until, prune
from core.business_time import Zone, legal_calendar
from tenants.provisioning import delete_client

DAY = dt.timedelta(days=1)


def days(text):
    """ "30/03 1 2" of a year, as dates: a month holds until the next is given, backwards."""
    year, *words = text.split()
    found, month = [], None
    for word in reversed(words):
        number, _slash, named = word.partition("/")
        month = int(named) if named else month
        found.append(dt.date(int(year), month, int(number)))
    return sorted(found)


def every_run(until, *, failed=(), evening=True):
    """Forty days of successful runs, up to noon or the evening of a day."""
    rows, parent = [], None
    for back in range(40, -1, -1):
        day = until - back * DAY
        if parent and day not in failed:
            rows.append(
                Backup(seq=len(rows) + 1, kind=Kind.INCREMENT, parent_id=parent, slot=day, state=State.VERIFIED)
            )
        if day not in failed and (evening or day != until):
            rows.append(Backup(seq=len(rows) + 1, kind=Kind.FULL, slot=day, state=State.VERIFIED))
            parent = rows[-1].seq
    return rows


FRANCE, ALSACE = Zone.FRANCE, Zone.ALSACE_MOSELLE
EXAMPLES = [
    ("2026-06-19", {}, FRANCE, "2026 12 15 16 17 18 19/06"),
    ("2026-06-19", {"evening": False}, FRANCE, "2026 11 12 15 16 17 18/06"),
    ("2026-04-07", {}, FRANCE, "2026 30 31/03 1 2 3 7/04"),
    ("2026-04-07", {}, ALSACE, "2026 27 30 31/03 1 2 7/04"),
    ("2025-05-09", {}, FRANCE, "2025 30/04 2 5 6 7 9/05"),
    ("2025-06-02", {}, FRANCE, "2025 23 26 27 28 30/05 2/06"),
    ("2026-07-15", {}, FRANCE, "2026 7 8 9 10 13 15/07"),
    ("2025-12-26", {}, FRANCE, "2025 18 19 22 23 24 26/12"),
    ("2026-06-19", {"failed": "2026 16 17/06"}, FRANCE, "2026 10 11 12 15 18 19/06"),
    ("2026-06-19", {"failed": "2026 8 9 10 11 12 13 14 15 16 17 18 19/06"}, FRANCE, "2026 29/05 1 2 3 4 5/06"),
]


@pytest.mark.parametrize(("until", "how", "zone", "wanted"), EXAMPLES)
def test_the_worked_examples(until, how, zone, wanted):
    how = {**how, "failed": days(how["failed"])} if "failed" in how else how
    rows = every_run(dt.date.fromisoformat(until), **how)
    kept, cut = kept_of(rows, zone=zone)
    calendar = legal_calendar(zone)
    good = {row.slot for row in rows if row.pk in kept and row.kind == Kind.FULL and calendar.is_working_day(row.slot)}
    assert sorted(day for day in good if day >= cut) == days(wanted)
    assert cut == days(wanted)[0]
    assert {row.slot for row in rows if row.slot >= cut} <= {row.slot for row in rows if row.pk in kept}  # weekends too


def test_fewer_than_six_good_days_destroy_nothing():
    rows = every_run(dt.date(2026, 6, 19))[-11:]
    assert kept_of(rows) == ({row.pk for row in rows}, None)


def test_a_kept_increment_keeps_its_full_and_a_hold_is_kept():
    rows = every_run(dt.date(2026, 6, 19))
    kept, cut = kept_of(rows)
    first = next(row for row in rows if row.slot == cut and row.kind == Kind.INCREMENT)
    assert first.parent_id in kept
    assert next(row for row in rows if row.pk == first.parent_id).slot < cut
    rows[0].hold = "litige"
    assert kept_of(rows)[0] == kept | {rows[0].pk}


runs = st.lists(
    st.tuples(
        st.sampled_from([Kind.FULL, Kind.FULL, Kind.INCREMENT]),
        st.sampled_from([State.VERIFIED, State.VERIFIED, State.VERIFIED, State.STORED, State.FAILED]),
        st.sampled_from([0, 0, 1, 1, 1, 2, 3, 12, -400, 3650, 25]),  # days since the last run, as the clock says
        st.booleans(),
    ),
    max_size=120,
)


@given(runs)
@settings(deadline=None, max_examples=150)
def test_no_good_day_is_lost_whatever_fails_and_whatever_the_clock_says(history):
    """After every run what need not be kept goes, for good: the next runs find only what is left."""
    rows, day, parent = [], dt.date(2026, 1, 5), None
    calendar = legal_calendar(retention.ZONE)

    def good():
        return {r.slot for r in rows if r.kind == Kind.FULL and r.is_verified and not r.doubtful_clock
                and calendar.is_working_day(r.slot)}  # fmt: skip

    for number, (kind, state, jump, held) in enumerate(history, 1):
        sound = [r.slot for r in rows if not r.doubtful_clock]
        today = max(sound, default=day) + jump * DAY
        doubtful = bool(sound) and not max(sound) <= today <= max(sound) + catalogue.FARTHEST_AHEAD
        if kind == Kind.INCREMENT and parent is None:
            continue
        over = parent if kind == Kind.INCREMENT else None
        rows.append(Backup(seq=number, kind=kind, state=state, slot=today, parent_id=over, doubtful_clock=doubtful,
                           hold="litige" if held and number % 17 == 0 else ""))  # fmt: skip
        if kind == Kind.FULL and state == State.VERIFIED:
            parent = number
        if doubtful:
            continue
        before, had = sorted(good())[-6:], {r.pk for r in rows if r.hold or r.doubtful_clock}
        restorable = [r for r in rows if r.state != State.FAILED]
        kept, _cut = kept_of(restorable)
        rows = [r for r in rows if r.pk in kept]
        assert sorted(good())[-6:] == before
        assert had - {r.pk for r in rows} <= {number} | {n for n in had if history[n - 1][1] == State.FAILED}
        assert {r.parent_id for r in rows if r.parent_id} <= {r.pk for r in rows}
        if parent is not None:
            assert parent in {r.pk for r in rows}


@pytest.mark.parametrize(
    ("day", "until"),
    [
        ("2026-06-12", "2026-06-22"),
        ("2026-06-13", "2026-06-22"),
        ("2026-12-18", "2026-12-29"),
        ("2026-04-30", "2026-05-12"),
    ],
)
def test_until_when_a_backup_is_kept(day, until):
    """What the screen says is when the runs that follow make it go, neither before nor after."""
    until, day = dt.date.fromisoformat(until), dt.date.fromisoformat(day)
    assert kept_until(day) == until
    for today, there in ((until - DAY, True), (until, False)):
        rows = every_run(today)
        found = next(row for row in rows if row.slot == day and row.kind == Kind.INCREMENT)
        assert (found.pk in kept_of(rows)[0]) is there


def test_a_fortnight_on_disk(client_with_data, vault):
    """Easter 2026: the catalogue, the folders and the blobs say the same as the rule."""
    first = dt.date(2026, 3, 25)
    last = None
    for day in (first + n * DAY for n in range(14)):
        made = (
            back_up(client_with_data, trigger=Trigger.NIGHTLY, slot=day) if last is None else copy_of(last, day, vault)
        )
        last = made
        prune(client_with_data.pk, client_with_data.schema_name, today=day)
    kept = Backup.objects.filter(state__in=["stored", "verified"]).order_by("slot")
    assert [row.slot for row in kept] == [first + n * DAY for n in range(2, 14)]  # cut: 27/03; 03 and 06/04 are no days
    folder = vault / "clients" / client_with_data.schema_name
    assert {int(path.name) for path in folder.iterdir() if path.name != "blobs"} == {row.pk for row in kept}
    assert Backup.objects.filter(state=State.PRUNED).count() == 2
    assert catalogue.chain_length() == 14
    gone = Backup.objects.filter(state=State.PRUNED).first()
    with pytest.raises(BackupError, match="ne peut pas être restaurée"):
        restore_over(client_with_data, gone)


def copy_of(backup, day, vault):
    """A backup of another day, by copying the first: fourteen real ones would prove no more of retention."""
    made = back_up_row(backup, day)
    source, target = vault / backup.path, vault / made.path
    target.mkdir()
    for path in source.iterdir():
        (target / path.name).write_bytes(path.read_bytes())
    return made


def back_up_row(backup, day):
    made = Backup.objects.create(
        client_id=backup.client_id, client_code=backup.client_code, schema_name=backup.schema_name,
        trigger=Trigger.NIGHTLY, slot=day, doubtful_clock=catalogue.clock_is_doubtful(day),
    )  # fmt: skip
    made.state, made.ended_at, made.verified_at = State.VERIFIED, backup.ended_at, backup.verified_at
    made.size, made.rows, made.files = backup.size, backup.rows, backup.files
    made.path, made.manifest_sha256 = f"{backup.path.rsplit('/', 1)[0]}/{made.pk}", backup.manifest_sha256
    made.previous_hash = Backup.objects.exclude(hash="").order_by("-seq").first().hash
    made.hash = catalogue.link(made)
    made.save()
    return made


def test_files_that_no_kept_backup_names_go(client_with_data, vault, look):
    from tenants.storage import media_folder

    first = dt.date(2026, 6, 1)
    back_up(client_with_data, trigger=Trigger.NIGHTLY, slot=first)
    photo = media_folder(client_with_data.schema_name) / "photo.bin"
    blobs = vault / "clients" / client_with_data.schema_name / "blobs"
    assert len(list(blobs.rglob("*/*"))) == 2
    photo.unlink()
    last = back_up(client_with_data, trigger=Trigger.NIGHTLY, slot=first + DAY)
    for n in range(2, 10):
        copy_of(last, first + n * DAY, vault)
    gone = prune(client_with_data.pk, client_with_data.schema_name, today=first + 9 * DAY)
    assert [row.slot for row in gone] == [first + DAY, first]
    assert len(list(blobs.rglob("*/*"))) == 1


def test_definitions_that_no_kept_backup_leans_on_go(client_with_data, vault, sql):
    first = dt.date(2026, 6, 1)
    schema = client_with_data.schema_name
    sql.execute(f"ALTER TABLE {schema}.crm_company ADD COLUMN former integer")
    old = back_up(client_with_data, trigger=Trigger.NIGHTLY, slot=first)
    sql.execute(f"ALTER TABLE {schema}.crm_company DROP COLUMN former")
    last = back_up(client_with_data, trigger=Trigger.NIGHTLY, slot=first + DAY)

    def parts():
        return {path.name for path in (vault / "schemas").iterdir()}

    assert retention.sweep_definitions() == 0
    assert parts() == {old.schema_part, last.schema_part}
    catalogue.mark_pruned(old)
    running = catalogue.start(client_with_data, trigger=Trigger.MANUAL, slot=first)
    assert retention.sweep_definitions() == 0  # it may lean on either
    catalogue.mark_failed(running, "arrêtée")
    assert retention.sweep_definitions() == 1
    assert parts() == {last.schema_part}
    verify(last)


def test_a_clock_that_leaps_destroys_nothing_until_someone_vouches_for_it(client_with_data):
    day = dt.date(2026, 6, 1)
    back_up(client_with_data, trigger=Trigger.NIGHTLY, slot=day)
    made = back_up(client_with_data, trigger=Trigger.NIGHTLY, slot=day + 60 * DAY)
    assert made.doubtful_clock
    assert prune(client_with_data.pk, client_with_data.schema_name, today=day + 60 * DAY) == []
    assert retention.trust_clock() == 1
    assert not catalogue.clock_is_doubtful(day + 60 * DAY)


def test_the_copies_of_a_client_that_left_expire_too(client_with_data, vault):
    """R29: six business days after each, and no new one comes to push it out."""
    made = back_up(client_with_data, trigger=Trigger.NIGHTLY, slot=dt.date(2026, 6, 12))
    delete_client(client_with_data)
    assert prune(made.client_id, made.schema_name, today=dt.date(2026, 6, 22)) == []
    retention.hold(made, "litige")
    assert prune(made.client_id, made.schema_name, today=dt.date(2026, 6, 23)) == []
    made.refresh_from_db()
    retention.release(made)
    assert [row.pk for row in prune(made.client_id, made.schema_name, today=dt.date(2026, 6, 23))] == [made.pk]
    assert not (vault / "clients" / made.schema_name).exists()
