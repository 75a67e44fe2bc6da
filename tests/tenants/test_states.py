"""A client goes from state to state by the steps that exist, and only by those; its hosts and its identity are checked."""

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils import timezone
from django_tenants.utils import schema_context

from tenants.models import Client, Domain, State, StateChange
from tenants.states import NEXT, resume, set_state, steps, suspend
from tests.conftest import visitor
from tests.tenants.conftest import behind_the_triggers, sign


@pytest.fixture
def standing(atelier):
    """`standing(State.CLOSED)`: the client as if it had come to that state."""

    def put(state: State) -> Client:
        with behind_the_triggers("client"):
            Client.objects.filter(pk=atelier.pk).update(state=state)
        return Client.objects.get(pk=atelier.pk)

    return put


@pytest.mark.parametrize("before", State)
def test_the_database_takes_the_steps_of_the_table_and_no_other(atelier, standing, before):
    sign(atelier)  # without a contract nobody goes live
    for after in State:
        client = standing(before)
        client.state = after
        if after == before or after in NEXT[before]:
            client.save()
            continue
        with pytest.raises(DatabaseError, match="no step leads"), transaction.atomic():
            client.save()


def test_going_live_needs_a_contract_that_has_begun(atelier):
    assert State.LIVE not in steps(atelier)
    with pytest.raises(ValidationError, match="Aucun contrat"):
        set_state(Client.objects.get(pk=atelier.pk), State.LIVE)
    with pytest.raises(DatabaseError, match="no contract in force"), transaction.atomic():
        Client.objects.filter(pk=atelier.pk).update(state=State.LIVE)
    sign(atelier)
    set_state(Client.objects.get(pk=atelier.pk), State.LIVE)


def test_a_client_is_born_on_trial(db):
    with pytest.raises(DatabaseError, match="begins on trial"), schema_context("public"), transaction.atomic():
        Client.objects.create(code="neuf", schema_name="neuf", name="Neuf", state=State.LIVE)


def test_what_was_suspended_opens_again_as_the_contract_says(atelier):
    client = Client.objects.get(pk=atelier.pk)
    suspend(client)
    resume(client)
    assert client.state == State.TRIAL
    suspend(client)
    sign(atelier)
    resume(client)
    assert client.state == State.LIVE


def test_after_the_destruction_nothing_follows(atelier, standing):
    client = standing(State.CLOSED)
    Client.objects.filter(pk=client.pk).update(destroyed_at=timezone.now())
    client.refresh_from_db()
    assert steps(client) == []
    with pytest.raises(DatabaseError, match="nothing follows"), transaction.atomic():
        Client.objects.filter(pk=client.pk).update(state=State.LEAVING)
    with pytest.raises(DatabaseError, match="nothing follows"), transaction.atomic():
        Client.objects.filter(pk=client.pk).update(destroyed_at=None)


def test_each_step_is_kept_with_its_author(atelier):
    from core import audit

    with audit.by("Équipe Ops"):
        pass
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('b2o.actor_name', 'Équipe Ops', false)")
        suspend(Client.objects.get(pk=atelier.pk))
    change = StateChange.objects.get(client=atelier)
    assert (change.before, change.after, change.actor) == ("trial", "suspended", "Équipe Ops")


@pytest.mark.parametrize(
    ("state", "words"),
    [(State.SUSPENDED, "suspendu"), (State.MAINTENANCE, "maintenance"), (State.CLOSED, "a quitté MyB2O")],
)
def test_a_client_that_is_not_open_says_why(atelier, standing, state, words):
    from tenants.middleware import forget_hosts

    standing(state)
    forget_hosts()
    answer = visitor(atelier).get("/crm/companies/")
    assert answer.status_code == 503 and words in answer.content.decode()
    assert visitor(atelier).get("/confidentialite/").status_code == 200
    forget_hosts()


def test_a_change_made_by_another_process_is_seen_by_the_next_request(atelier, standing, signed_in, settings):
    """The other process writes the row, then touches the stamp: this one had the client in hand."""
    browser = signed_in(atelier)
    assert browser.get("/crm/companies/").status_code == 200
    standing(State.SUSPENDED)
    assert browser.get("/crm/companies/").status_code == 200  # kept
    settings.FLEET_STAMP.parent.mkdir(parents=True, exist_ok=True)
    settings.FLEET_STAMP.touch()
    assert browser.get("/crm/companies/").status_code == 503


def test_a_change_is_announced_once_it_is_committed(atelier, settings, tmp_path, django_capture_on_commit_callbacks):
    from tenants.middleware import forget_hosts

    settings.FLEET_STAMP = tmp_path / "absent" / "stamp"
    with django_capture_on_commit_callbacks(execute=True):
        forget_hosts()
        assert not settings.FLEET_STAMP.exists()
    first = settings.FLEET_STAMP.stat().st_mtime_ns
    with django_capture_on_commit_callbacks(execute=True):
        forget_hosts()
    assert settings.FLEET_STAMP.stat().st_mtime_ns > first
    (tmp_path / "file").touch()
    settings.FLEET_STAMP = tmp_path / "file" / "stamp"  # cannot be written: said in the log, and nothing breaks
    with django_capture_on_commit_callbacks(execute=True):
        forget_hosts()
    assert visitor(atelier).get("/account/login/").status_code == 200


def test_a_client_that_leaves_still_works(atelier, standing, signed_in):
    from tenants.middleware import forget_hosts

    standing(State.LEAVING)
    forget_hosts()
    assert signed_in(atelier).get("/crm/companies/").status_code == 200
    forget_hosts()


# --- hosts ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "host",
    ["support.localhost", "pg-x.localhost", "a.b.localhost", "é.example", "10.0.0.1", "exemple", "-a.example.fr",
     "https://a.example.fr", "a_b.example.fr", "x..example.fr"],
)  # fmt: skip
def test_a_host_that_cannot_be_is_refused(atelier, host):
    with pytest.raises(ValidationError):
        Domain(domain=host, tenant=atelier).full_clean()


def test_an_own_domain_leads_to_its_client_and_to_no_other(atelier, horizon, settings):
    from tenants.middleware import forget_hosts

    settings.ALLOWED_HOSTS = ["*"]  # as in production: the look-up of the host decides
    own = Domain(domain="gestion.morvan.example", tenant=atelier, is_primary=False)
    own.full_clean()
    own.save()
    forget_hosts()
    browser = visitor(atelier)
    assert "Atelier Morvan" in browser.get("/account/login/", headers={"host": own.domain}).content.decode()
    with pytest.raises(ValidationError):
        Domain(domain="gestion.morvan.example", tenant=horizon).full_clean()
    with pytest.raises(IntegrityError), transaction.atomic():
        Domain.objects.create(domain="gestion.morvan.example", tenant=horizon)
    assert Client.objects.get(pk=atelier.pk).host == "atelier.localhost"
    Domain.objects.filter(tenant=atelier).update(is_primary=False)
    own.is_primary = True
    own.save()
    assert Client.objects.get(pk=atelier.pk).host == "gestion.morvan.example"
    forget_hosts()


# --- identity -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("field", "value"), [("siret", "73282932000075"), ("siret", "123"), ("vat_number", "FR45732829320"), ("hue", 360)]
)
def test_a_wrong_number_is_refused(atelier, field, value):
    client = Client.objects.get(pk=atelier.pk)
    setattr(client, field, value)
    with pytest.raises(ValidationError) as refused:
        client.full_clean(exclude=["schema_name"])
    assert refused.value.messages
