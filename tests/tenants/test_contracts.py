"""What a client signed is what it gets: seats, modules, renewals, and an end only by a registered letter (R25 to R30)."""

import datetime as dt
import threading

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test import Client as HttpClient
from django_tenants.utils import schema_context, tenant_context

from core.accounts.models import User
from tenants import contracts
from tenants.models import Amendment, Contract, Termination
from tests.conftest import visitor
from tests.tenants.conftest import amended, behind_the_triggers, scan, sign, today


def invite(client, name: str) -> User:
    with tenant_context(client), contracts.seats_explained():
        return User.objects.create_user(f"{name}@{client.code}.example")


# --- seats --------------------------------------------------------------------------------------------------------
def test_without_a_contract_nothing_limits_the_seats(atelier):
    assert contracts.seats_left(atelier) is None
    invite(atelier, "quatrieme")


def test_a_seat_beyond_the_contract_is_refused_with_the_way_to_get_it(atelier):
    sign(atelier, seats=4)
    assert contracts.seats_left(atelier) == 1  # three people are there
    invite(atelier, "quatrieme")
    assert contracts.seats_left(atelier) == 0
    with pytest.raises(ValidationError, match=r"avenant à B2O : contrats@b2o\.eu"):
        invite(atelier, "cinquieme")
    assert not User.objects.filter(email__startswith="cinquieme").exists()


def test_raw_sql_takes_no_seat_beyond_either(atelier):
    sign(atelier, seats=3)
    with pytest.raises(IntegrityError, match="all taken"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO accounts_user (email, password, first_name, last_name, is_active, is_staff, created_at) "
            "SELECT 'a' || g || '@x.example', '!', '', '', true, false, now() FROM generate_series(1, 2) g"
        )


def test_someone_deactivated_leaves_their_seat_and_takes_one_when_they_come_back(atelier):
    sign(atelier, seats=3)
    gone = User.objects.get(email="reader@atelier.example")
    gone.is_active = False
    gone.save()
    invite(atelier, "remplacante")
    gone.is_active = True
    with pytest.raises(ValidationError, match="places"), contracts.seats_explained():
        gone.save()


def test_who_is_there_when_the_contract_gives_fewer_stays_and_can_be_changed(atelier):
    sign(atelier, seats=1)
    assert contracts.seats_left(atelier) == 0
    admin = User.objects.get(email="admin@atelier.example")
    admin.first_name = "Camille"
    admin.save()


def test_an_amendment_gives_seats_from_its_day_on(atelier):
    contract = sign(atelier, seats=3)
    contracts.amend(amended(contract, 1, seats=5, effective_on=today() + dt.timedelta(days=10)))
    assert contracts.seats_left(atelier) == 0
    assert contracts.granted(atelier.pk, today() + dt.timedelta(days=10)).seats == 5
    contracts.amend(amended(contract, 2, seats=4))
    assert contracts.seats_left(atelier) == 1
    invite(atelier, "quatrieme")


def test_the_vendors_own_people_take_no_seat(atelier):
    sign(atelier, seats=1)
    with schema_context("public"):
        User.objects.create_user("nouvelle@b2o.example", is_staff=True)


def test_two_invitations_at_once_do_not_both_take_the_last_seat(make_client, erased_contracts):
    client = make_client("dernier")
    erased_contracts(client, seats=4)
    barrier, outcomes = threading.Barrier(4), []

    def take(number: int) -> None:
        try:
            with tenant_context(client), transaction.atomic():
                barrier.wait(timeout=20)
                assert contracts.seats_left(client) == 1  # each believes that there is one
                barrier.wait(timeout=20)
                with contracts.seats_explained():
                    User.objects.create_user(f"n{number}@dernier.example")
            outcomes.append("taken")
        except ValidationError:
            outcomes.append("refused")
        finally:
            connection.close()

    threads = [threading.Thread(target=take, args=[number]) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert sorted(outcomes) == ["refused", "refused", "refused", "taken"]
    assert contracts.seats_taken(client) == 4


# --- modules ------------------------------------------------------------------------------------------------------
@pytest.fixture
def without_crm(atelier, monkeypatch):
    """A contract that holds another module only; there is none yet but the CRM, so one is made up."""
    monkeypatch.setattr(contracts, "business_modules", lambda: {"crm": "Relation client", "hr": "Ressources humaines"})
    sign(atelier, modules=("hr",))
    from tenants.middleware import forget_hosts

    forget_hosts()
    yield atelier
    forget_hosts()
    atelier.__dict__.pop("unlicensed", None)


@pytest.mark.parametrize("address", ["/crm/companies/", "/crm/companies/new/", "/dashboards/crm/", "/crm/contacts/1/", "/crm/companies/export/"])  # fmt: skip
def test_a_page_of_a_module_out_of_the_contract_is_refused_with_the_way_to_get_it(without_crm, signed_in, address):
    answer = signed_in(without_crm, "administrator").get(address)
    assert answer.status_code == 403
    text = answer.content.decode()
    assert "« Relation client » n’est pas compris" in text and "contrats@b2o.eu" in text


def test_a_module_out_of_the_contract_is_in_no_menu_palette_home_or_description(without_crm, signed_in):
    browser = signed_in(without_crm, "administrator")
    for page in ("/", "/palette/?q=soci", "/api/schema"):
        text = browser.get(page).content.decode()
        assert "/crm/companies/" not in text, page
    assert browser.get("/").status_code == 200


def test_the_api_says_that_the_module_is_out_of_the_contract(without_crm, signed_in):
    answer = signed_in(without_crm, "administrator").get("/api/crm/companies/")
    assert answer.status_code == 403 and answer.json()["type"].endswith("#unlicensed")
    assert "contrats@b2o.eu" in answer.json()["detail"]


def test_a_visitor_of_a_module_out_of_the_contract_signs_in_first(without_crm):
    assert visitor(without_crm).get("/crm/companies/").status_code == 302


def test_an_amendment_opens_the_module(without_crm, signed_in):
    from tenants.middleware import forget_hosts

    contracts.amend(amended(Contract.objects.get(), modules=["crm", "hr"], purpose="Relation client"))
    forget_hosts()
    assert signed_in(without_crm, "administrator").get("/crm/companies/").status_code == 200


def test_a_module_that_does_not_exist_is_refused(atelier):
    with pytest.raises(ValidationError, match="inconnu"):
        contracts.amend(amended(sign(atelier), modules=["crm", "magie"]))


# --- what was signed stands ------------------------------------------------------------------------------------------
def test_the_database_refuses_two_contracts_of_a_client_at_once(atelier, horizon):
    sign(atelier)
    sign(horizon)
    with pytest.raises(ValidationError, match="déjà un contrat"):
        sign(atelier, starts_on=today() + dt.timedelta(days=900), number="X")
    with pytest.raises(IntegrityError, match="contracts_apart"), transaction.atomic():
        Contract.objects.create(
            client=atelier, number="Y", signed_on=today(), starts_on=today(), notice_months=1, yearly_fee=1, seats=1,
            modules=["crm"], document=scan(),
        )  # fmt: skip


@pytest.mark.parametrize("change", [{"seats": 99}, {"modules": []}, {"yearly_fee": 0}, {"ends_on": dt.date(2999, 1, 1)}, {"starts_on": dt.date(2999, 1, 1)}])  # fmt: skip
def test_the_database_refuses_to_change_a_contract_that_has_begun(atelier, change):
    contract = sign(atelier)
    with pytest.raises(DatabaseError, match=r"has begun|renews"), transaction.atomic():
        Contract.objects.filter(pk=contract.pk).update(**change)
    with pytest.raises(DatabaseError, match="has begun"), transaction.atomic():
        Contract.objects.filter(pk=contract.pk).delete()


def test_a_contract_that_has_not_begun_can_still_be_corrected(atelier):
    contract = sign(atelier, starts_on=today() + dt.timedelta(days=5))
    contract.seats = 12
    contract.save()
    assert contracts.granted(atelier.pk) is None
    contract.delete()


def test_an_amendment_is_never_changed_nor_removed(atelier):
    contract = sign(atelier)
    contracts.amend(amended(contract, seats=20))
    for act in (lambda rows: rows.update(seats=50), lambda rows: rows.delete()):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            act(Amendment.objects.all())


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({}, "ne change rien"),
        ({"seats": 5, "effective_on": dt.date(2001, 1, 1)}, "avant son contrat"),
        ({"seats": 0}, "1"),
    ],
)
def test_an_amendment_that_makes_no_sense_is_refused(atelier, values, reason):
    with pytest.raises(ValidationError, match=reason):
        contracts.amend(amended(sign(atelier), **values))


def test_a_scan_is_judged_by_its_content(atelier):
    from django.core.files.base import ContentFile

    amendment = amended(sign(atelier), seats=5)
    amendment.document = ContentFile(b"<html>not a scan", name="avenant.pdf")
    with pytest.raises(ValidationError, match="ni un PDF"):
        contracts.amend(amendment)


# --- renewal and end -----------------------------------------------------------------------------------------------
def test_a_contract_renews_each_year_by_itself():
    contract = Contract(starts_on=dt.date(2024, 2, 29), notice_months=3)
    assert contract.renewal_after(dt.date(2024, 3, 1)) == dt.date(2025, 2, 28)
    assert contract.renewal_after(dt.date(2025, 2, 28)) == dt.date(2026, 2, 28)
    assert contract.renewal_after(dt.date(2027, 12, 31)) == dt.date(2028, 2, 29)
    assert contract.notice_deadline(dt.date(2025, 2, 28)) == dt.date(2024, 11, 28)


@pytest.mark.parametrize(
    ("received", "end"),
    [
        (dt.date(2026, 3, 31), dt.date(2026, 7, 1)),  # the last day of the notice
        (dt.date(2026, 4, 1), dt.date(2026, 7, 1)),
        (dt.date(2026, 4, 2), dt.date(2027, 7, 1)),  # too late: one more year
        (dt.date(2025, 6, 1), dt.date(2026, 7, 1)),  # before go-live: the first year runs whole
    ],
)
def test_a_letter_ends_the_contract_at_the_renewal_whose_notice_it_keeps(received, end):
    contract = Contract(starts_on=dt.date(2025, 7, 1), notice_months=3)
    assert contract.end_if_terminated(received) == end


def test_a_termination_needs_the_letters_number_its_date_and_its_scan(atelier):
    contract = sign(atelier, starts_on=today() - dt.timedelta(days=400))
    whole = {"letter_number": "1A 123 456 7890 1", "received_on": today(), "document": scan()}
    for missing in whole:
        values = {key: value for key, value in whole.items() if key != missing}
        with pytest.raises(ValidationError):
            contracts.terminate(Termination(contract=contract, **values))
        contract.refresh_from_db()
        assert contract.ends_on is None
    contracts.terminate(Termination(contract=contract, **whole))
    contract.refresh_from_db()
    assert contract.ends_on == contract.termination.effective_on > today()
    assert contract.confidential_until == dt.date(
        contract.ends_on.year + 2, contract.ends_on.month, contract.ends_on.day
    )
    with pytest.raises(ValidationError, match="déjà résilié"):
        contracts.terminate(Termination(contract=contract, **{**whole, "letter_number": "autre", "document": scan()}))


def test_a_contract_that_is_over_gives_no_new_seat(atelier):
    contract = sign(atelier, starts_on=today() - dt.timedelta(days=800))
    with behind_the_triggers("contract"):
        Contract.objects.filter(pk=contract.pk).update(ends_on=today())
    assert contracts.seats_left(atelier) == 0
    with pytest.raises(ValidationError):
        invite(atelier, "tard")


# --- on the screens of ops ------------------------------------------------------------------------------------------
def test_ops_record_a_contract_an_amendment_and_a_termination(ops, atelier):
    form = {
        "client": atelier.pk, "number": "C-2026-001", "signed_on": "01/11/2026", "starts_on": "01/11/2025",
        "notice_months": 3, "yearly_fee": "2400", "seats": 5, "modules": ["crm"], "document": scan(),
        "amendments-TOTAL_FORMS": 0, "amendments-INITIAL_FORMS": 0,
    }  # fmt: skip
    assert ops.post("/admin/tenants/contract/add/", form).status_code == 302
    with schema_context("public"):
        contract = Contract.objects.get(number="C-2026-001")
    atelier.refresh_from_db()
    assert contracts.seats_left(atelier) == 2 and atelier.state == "live"
    page = ops.get(f"/admin/tenants/contract/{contract.pk}/change/").content.decode()
    assert contract.document.name in page and 'name="seats"' not in page  # what has begun is only read
    amendment = {
        "contract": contract.pk, "number": 1, "signed_on": "20/11/2026", "effective_on": "21/11/2026", "seats": 8,
        "purpose": "Trois places", "document": scan(),
    }  # fmt: skip
    assert ops.post("/admin/tenants/amendment/add/", amendment).status_code == 302
    assert contracts.granted(atelier.pk, dt.date(2026, 11, 21)).seats == 8
    late = {"contract": contract.pk, "party": "client", "letter_number": "RK1", "received_on": "", "document": scan()}
    assert ops.post("/admin/tenants/termination/add/", late).status_code == 200
    late |= {"received_on": today().strftime("%d/%m/%Y"), "document": scan()}
    assert ops.post("/admin/tenants/termination/add/", late).status_code == 302
    assert Termination.objects.get().effective_on > today()
    atelier.refresh_from_db()
    assert atelier.state == "leaving" and atelier.is_served


def test_a_document_is_downloaded_by_staff_only(ops, atelier):
    name = sign(atelier).document.name
    answer = ops.get(f"/admin/documents/{name}")
    assert answer.status_code == 200 and b"".join(answer.streaming_content).startswith(b"%PDF-")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert HttpClient(headers={"host": "ops.localhost"}).get(f"/admin/documents/{name}").status_code == 302
    for wrong in ("contract/none.pdf", "../atelier/x", "%2e%2e/atelier/x"):
        assert ops.get(f"/admin/documents/{wrong}").status_code == 404
