"""The history's chain: sealed as far as no open transaction can add, and every tampering told to the event."""

from contextlib import contextmanager
from io import StringIO

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django_tenants.utils import schema_context

from core import sealing
from core.models import Event, EventValues, Seal
from core.sealing import seal_all
from core.tasks import seal_history
from core.verification import forget_values, verify
from crm.models import Company

SCHEMA = "chaine"


@pytest.fixture
def chain(make_client, monkeypatch):
    """A client with six sealed events, two a seal."""
    monkeypatch.setattr(sealing, "BLOCK", 2)
    make_client("chaine", people=False)
    with schema_context(SCHEMA):
        rows = [Company.objects.create(name=f"Société {n}", city="Brest") for n in range(3)]
        Company.objects.update(city="Quimper")
    assert seal_all([SCHEMA]) == {SCHEMA: 6}
    with schema_context(SCHEMA):
        yield rows


@contextmanager
def own_connection():
    """Another session of the same client, outside Django."""
    parameters = connection.get_connection_params()
    kept = {name: parameters[name] for name in ("host", "port", "dbname", "user", "password") if parameters.get(name)}
    with psycopg.connect(**kept) as own:
        own.execute(f"SET search_path = {SCHEMA}, public")
        own.commit()
        yield own


def tamper(table: str, statement: str, *parameters) -> None:
    """What somebody with every right would do: the triggers off, the statement, the triggers on."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        cursor.execute(statement, parameters)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def command(*arguments: str) -> str:
    out = StringIO()
    call_command("history", *arguments, stdout=out)
    return out.getvalue()


def ids() -> list[int]:
    return list(Event.objects.order_by("pk").values_list("pk", flat=True))


def test_what_nobody_touched_is_intact(chain):
    report = verify()
    assert (report.intact, report.events, report.seals, report.sealed_up_to) == (True, 6, 3, ids()[-1])
    assert "intact" in command("verify", "chaine")


def test_new_events_are_sealed_by_the_task_and_by_the_command(chain):
    Company.objects.create(name="Nouvelle")
    with schema_context("public"):
        seal_history.delay()
    assert Seal.objects.latest("number").last_event == ids()[-1]
    Company.objects.create(name="Suivante")
    assert "1 événement(s) scellé(s)" in command("seal", "chaine")
    assert "intact" in command("verify", "--all")
    assert seal_all([SCHEMA]) == {}


def test_an_event_that_commits_late_is_not_passed_by(chain):
    """Its number is lower than those of events that are there already: nothing is sealed until it is settled."""
    with own_connection() as slow:
        slow.execute("INSERT INTO crm_company (name, legal_name, kind, relation, is_supplier, siren, siret, vat_number, naf,"
                     " registry_state, address, postcode, city, phone, email, website, source, note, updated_at) SELECT"
                     " 'Lente', '', 'business', 'prospect', false, '', '', '', '', '', '', '', '', '', '', '', '', '', now()")  # fmt: skip
        Company.objects.create(name="Rapide")
        seen = ids()
        assert seal_all([SCHEMA], patience=0.1) == {}  # and the other clients would not wait for this one
        assert Seal.objects.latest("number").last_event < seen[-1]
        slow.commit()
    assert len(ids()) == 8 and ids()[-2] not in seen  # below the one that was there first
    assert seal_all([SCHEMA]) == {SCHEMA: 2}
    assert verify().intact


def test_a_rolled_back_change_leaves_a_gap_that_is_no_damage(chain):
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        Company.objects.update(city="Lyon")
        raise ZeroDivisionError
    Company.objects.update(city="Nantes")
    seal_all([SCHEMA])
    assert ids()[-1] - ids()[0] + 1 > len(ids())
    assert verify().intact


@pytest.mark.parametrize(
    ("table", "statement", "told"),
    [
        ("core_event", "UPDATE core_event SET actor_name = 'Autre' WHERE id = {2}", "événement {2} modifié"),
        ("core_event", "UPDATE core_event SET at = at + interval '1 us' WHERE id = {2}", "événement {2} modifié"),
        ("core_event", "UPDATE core_event SET commitment = NULL WHERE id = {2}", "événement {2} modifié"),
        ("core_event", "WITH v AS (DELETE FROM core_eventvalues WHERE event_id = {3}) DELETE FROM core_event"
         " WHERE id = {3}", "événement {3} manquant"),
        ("core_eventvalues", "UPDATE core_eventvalues SET after = '{{\"city\": \"Paris\"}}' WHERE event_id = {4}",
         "valeurs de l’événement {4} altérées"),
        ("core_eventvalues", "UPDATE core_eventvalues SET salt = gen_random_uuid() WHERE event_id = {4}",
         "valeurs de l’événement {4} altérées"),
        ("core_eventvalues", "DELETE FROM core_eventvalues WHERE event_id = {4}",
         "valeurs de l’événement {4} manquantes"),
        ("core_seal", "DELETE FROM core_seal WHERE number = 2", "sceau n° 2 manquant"),
        ("core_seal", "DELETE FROM core_seal WHERE number = 3", "sceaux n° 3 à 3 manquants"),
        ("core_seal", "DELETE FROM core_seal", "sceaux n° 1 à 3 manquants"),
        ("core_seal", "UPDATE core_seal SET at = now() WHERE number = 1", "sceau n° 1 modifié"),
    ],
)  # fmt: skip
def test_each_tampering_is_told(chain, table, statement, told):
    found = ids()
    if "DELETE FROM core_event " in statement:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE core_eventvalues DISABLE TRIGGER USER")
    tamper(table, statement.format(*found))
    assert verify().found[0] == told.format(*found)
    with pytest.raises(CommandError, match="endommagé") as refusal:
        command("verify", "chaine")
    assert refusal.value.returncode == 1


def test_events_put_in_another_order_are_told(chain):
    """Two numbers exchanged: each says what the other said."""
    one, two = ids()[0], ids()[3]
    tamper("core_event", "UPDATE core_event e SET at = o.at, kind = o.kind, object_id = o.object_id, fields = o.fields,"
           " commitment = o.commitment FROM core_event o WHERE e.id IN (%s, %s) AND o.id IN (%s, %s) AND o.id <> e.id",
           one, two, one, two)  # fmt: skip
    assert verify().found[:2] == [f"événement {one} modifié", f"événement {two} modifié"]


def test_an_event_slipped_in_afterwards_is_told(chain):
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        Company.objects.create(name="Un numéro de reste")
        raise ZeroDivisionError
    free = ids()[-1] + 1
    Company.objects.update(city="Nantes")
    seal_all([SCHEMA])
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO core_event (id, at, actor_name, screen, operation, kind, model, object_id, fields)"
                       " OVERRIDING SYSTEM VALUE VALUES (%s, now(), '', '', '', 'created', 'crm.company', 1, '{}')", [free])  # fmt: skip
        cursor.execute("INSERT INTO core_eventvalues (event_id, after) VALUES (%s, '{}')", [free])
    assert verify().found == [f"événement {free} ajouté après coup"]


def test_erased_values_leave_the_chain_whole(chain):
    erased = ids()[:2]
    assert forget_values(erased) == 2
    values = EventValues.objects.get(pk=erased[0])
    assert (values.before, values.after, values.salt) == (None, None, None) and values.forgotten_at
    assert (verify().intact, verify().forgotten) == (True, 2)
    assert "2 effacé(s)" in command("verify", "chaine")
    assert forget_values(erased) == 0


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE core_eventvalues SET before = NULL, after = NULL, salt = NULL, forgotten_at = now()",
        "UPDATE core_eventvalues SET after = '{}'",
        "DELETE FROM core_eventvalues",
        "TRUNCATE core_eventvalues",
        "UPDATE core_seal SET count = 0",
        "DELETE FROM core_seal",
        "SELECT set_config('b2o.forgetting', pg_current_xact_id()::text, true); UPDATE core_eventvalues SET after = '{}'",
    ],
)
def test_the_door_opens_for_nothing_else(chain, statement):
    forget_values(ids()[:1])  # the door shuts behind the one who went through
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_events_from_before_commitments_are_sealed_with_what_they_have(chain):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("INSERT INTO core_event (at, actor_name, screen, operation, kind, model, object_id, fields)"
                       " VALUES (now(), '', '', '', 'created', 'crm.company', 1, '{name}') RETURNING id")  # fmt: skip
        cursor.execute("INSERT INTO core_eventvalues (event_id, after) VALUES (%s, '{}')", cursor.fetchone())
    seal_all([SCHEMA])
    report = verify()
    assert (report.intact, report.uncommitted) == (True, 1)


def test_a_change_made_under_another_search_path_goes_to_its_own_client(chain):
    with own_connection() as own:
        own.execute("SET search_path = public")
        own.execute("UPDATE chaine.crm_company SET city = 'Rennes'")
        assert own.execute("SHOW search_path").fetchone() == ("public",)
    assert Event.objects.filter(fields=["city"]).count() == 6


def test_unknown_clients_and_no_clients_are_refused(chain):
    with pytest.raises(CommandError, match="Aucun client « absent »"):
        command("verify", "absent")
    with pytest.raises(CommandError, match="--all"):
        command("seal")
