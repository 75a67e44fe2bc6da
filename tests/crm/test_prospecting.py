"""Who may be written to or called, and why not; the ledger of consents and what the contact's record says of it."""

import datetime as dt

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from crm.actions.consents import record_consent, suppress, withdraw
from crm.addresses import digest_of, normalised
from crm.models import Company, Consent, Contact, ProspectingSettings, Suppression
from crm.models.company import Relation
from crm.models.contact import RecipientKind
from crm.prospecting import Channel, ConsentStatus, Facts, Purpose, Reason, SuppressionReason, judge
from crm.recipients import facts_of

TODAY = dt.date(2026, 11, 26)
PRO, CONSUMER = {"consumer": False}, {"consumer": True}
AGREED = {"consent": ConsentStatus.GRANTED, "consent_on": dt.date(2026, 3, 3)}
REFUSED = {"consent": ConsentStatus.WITHDRAWN, "consent_on": dt.date(2026, 3, 3)}
EMAIL, SMS, PHONE, POST = Channel.EMAIL, Channel.SMS, Channel.PHONE, Channel.POST


@pytest.mark.parametrize(
    ("channel", "facts", "asked", "expected"),
    [
        (EMAIL, PRO, {}, None),
        (PHONE, PRO, {}, None),
        (EMAIL, {**PRO, **REFUSED}, {}, Reason.WITHDRAWN),
        (EMAIL, {**PRO, "address": ""}, {}, Reason.NO_ADDRESS),
        (EMAIL, CONSUMER, {}, Reason.NO_CONSENT),
        (SMS, CONSUMER, {}, Reason.NO_CONSENT),
        (EMAIL, {**CONSUMER, **AGREED}, {}, None),
        (EMAIL, {**CONSUMER, **REFUSED, "customer": True}, {"similar": True}, Reason.WITHDRAWN),
        (EMAIL, {**CONSUMER, "customer": True}, {"similar": True}, None),
        (EMAIL, {**CONSUMER, "customer": True}, {}, Reason.NO_CONSENT),
        (EMAIL, CONSUMER, {"similar": True}, Reason.NO_CONSENT),
        (POST, CONSUMER, {}, None),
        (POST, {**CONSUMER, **REFUSED}, {}, Reason.WITHDRAWN),
        # C. conso. L. 223-1: calls, as of 11 August 2026.
        (PHONE, CONSUMER, {"on": dt.date(2026, 8, 10)}, None),
        (PHONE, CONSUMER, {"on": dt.date(2026, 8, 11)}, Reason.NO_CONSENT_TO_CALLS),
        (PHONE, {**CONSUMER, "customer": True}, {"similar": True}, Reason.NO_CONSENT_TO_CALLS),
        (PHONE, {**CONSUMER, "contract": True}, {}, None),
        (PHONE, {**CONSUMER, **AGREED}, {}, None),
        # Works of energy renovation: any channel, also with consent, outside a contract.
        *((channel, {**CONSUMER, **AGREED, "works": True}, {}, Reason.WORKS) for channel in Channel),
        (EMAIL, {**CONSUMER, **AGREED, "works": True, "contract": True}, {}, None),
        (EMAIL, {**PRO, "works": True}, {}, None),
        # Suppressions: of a list, of all; a professional's count as well.
        (EMAIL, {**PRO, "suppressed": {"list:3": SuppressionReason.UNSUBSCRIBED}}, {"scope": "list:3"},
         Reason.OPTED_OUT_OF_LIST),
        (EMAIL, {**PRO, "suppressed": {"list:3": SuppressionReason.UNSUBSCRIBED}}, {"scope": "list:4"}, None),
        (EMAIL, {**PRO, "suppressed": {"all": SuppressionReason.UNSUBSCRIBED}}, {"scope": "list:4"}, Reason.OPTED_OUT),
        (EMAIL, {**PRO, "suppressed": {"all": SuppressionReason.COMPLAINT}}, {}, Reason.COMPLAINED),
        (EMAIL, {**PRO, "suppressed": {"all": SuppressionReason.BOUNCE}}, {}, Reason.DEAD_ADDRESS),
        # Service mail follows a request: no opposition stops it, a dead address does.
        (EMAIL, {**CONSUMER, **REFUSED, "works": True, "suppressed": {"all": SuppressionReason.UNSUBSCRIBED}},
         {"purpose": Purpose.SERVICE}, None),
        (EMAIL, {**PRO, "suppressed": {"all": SuppressionReason.BOUNCE}}, {"purpose": Purpose.SERVICE},
         Reason.DEAD_ADDRESS),
    ],
)  # fmt: skip
def test_the_law_by_kind_channel_and_purpose(channel, facts, asked, expected):
    asked = {"purpose": Purpose.PROSPECTING, "on": TODAY, **asked}
    verdict = judge(Facts(channel=channel, **{"address": "x", **facts}), **asked)
    assert verdict.reason == expected
    assert verdict.why.endswith(".") and verdict.allowed is (expected is None)


@pytest.mark.parametrize(
    ("channel", "one", "same"),
    [
        (EMAIL, "claire@exemple.fr", " Claire@EXEMPLE.fr "),
        (EMAIL, "claire@société.fr", "claire@xn--socit-esab.fr"),
        (PHONE, "+33 6 39 98 01 02", "+33639980102"),
        (POST, "3  rue Haute 29200 Brest", "3 RUE HAUTE 29200 BREST"),
    ],
)
def test_two_ways_to_write_an_address_are_one(channel, one, same):
    assert normalised(channel, one) == normalised(channel, same) != ""


def test_what_is_no_address_is_none():
    assert normalised(EMAIL, "claire") == normalised(EMAIL, "") == normalised(PHONE, "néant") == ""


# --- the ledger -----------------------------------------------------------------------------------------------------
def word(**given) -> Consent:
    return record_consent(
        **{"channel": EMAIL, "address": "claire@exemple.fr", "source": "Salon", "proof": {"text": "bon"}, **given}
    )  # fmt: skip


def facts(contact: Contact, channel=EMAIL) -> Facts:
    return facts_of([contact], channel)[0]


def consumer(**given) -> Contact:
    return Contact.objects.create(
        **{"last_name": "Riou", "email": "Claire@exemple.fr", "recipient_kind": RecipientKind.CONSUMER, **given}
    )  # fmt: skip


def test_the_newest_word_of_an_address_wins_and_none_is_ever_changed(atelier):
    claire = consumer()
    assert facts(claire).consent is None
    first = word()
    assert facts(claire).consent == ConsentStatus.GRANTED
    withdraw(channel=EMAIL, address="claire@exemple.fr", source="Appel")
    assert facts(claire).consent == ConsentStatus.WITHDRAWN
    for change in (
        first.delete,
        lambda: Consent.objects.update(status="granted"),
        lambda: Consent.objects.all().delete(),
    ):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            change()


def test_an_agreement_without_proof_is_refused_by_the_database(atelier):
    with pytest.raises(IntegrityError, match="consent_granted_with_proof"), transaction.atomic():
        word(proof={})


def test_a_contact_is_deleted_and_imported_again_and_the_word_holds(atelier, signed_in):
    claire = consumer()
    withdraw(channel=EMAIL, address="claire@exemple.fr", source="Appel", contact=claire)
    signed_in(atelier).post(f"/crm/contacts/{claire.pk}/delete/")
    assert not Contact.objects.filter(pk=claire.pk).exists()
    again = consumer(last_name="Le Gall")
    assert facts(again).consent == ConsentStatus.WITHDRAWN and "all" in facts(again).suppressed


def test_two_contacts_of_one_address_share_the_strictest_kind_and_the_opposition(atelier):
    pro = consumer(last_name="Pro", recipient_kind=RecipientKind.PROFESSIONAL)
    assert not facts(pro).consumer
    assert all(one.consumer for one in facts_of([pro, consumer()], EMAIL))
    assert facts(consumer(recipient_kind=RecipientKind.UNKNOWN)).consumer, "unknown counts as consumer"


def test_a_customer_and_the_clients_own_works_are_known_to_the_rules(atelier):
    company = Company.objects.create(name="Hamon", relation=Relation.CUSTOMER)
    assert facts(consumer(company=company)).customer
    ProspectingSettings.objects.create(energy_works=True)
    assert facts(consumer()).works


def test_a_suppression_written_under_a_retired_key_still_holds(atelier, settings):
    settings.UNSUBSCRIBE_KEYS = ["old"]
    suppress(digest_of(EMAIL, "claire@exemple.fr"), SuppressionReason.UNSUBSCRIBED)
    settings.UNSUBSCRIBE_KEYS = ["new", "old"]
    assert facts(consumer()).suppressed == {"all": SuppressionReason.UNSUBSCRIBED}
    word()
    assert facts(consumer()).suppressed == {}, "a fresh consent lifts it"
    assert "claire" not in str(list(Suppression.objects.values())), "only the digest is kept"


def test_a_person_s_word_replaces_a_bounce_and_a_bounce_replaces_nobody_s_word(atelier):
    digest = digest_of(EMAIL, "claire@exemple.fr")
    assert suppress(digest, SuppressionReason.BOUNCE) and suppress(digest, SuppressionReason.UNSUBSCRIBED)
    assert not suppress(digest, SuppressionReason.BOUNCE)
    assert Suppression.objects.get().reason == SuppressionReason.UNSUBSCRIBED


# --- on the contact's record ------------------------------------------------------------------------------------------
def test_the_record_says_what_may_be_sent_and_keeps_a_word_with_its_proof(atelier, signed_in):
    claire, browser = consumer(mobile="+33 6 39 98 01 02"), signed_in(atelier)
    url = f"/crm/contacts/{claire.pk}/prospecting/"
    page = browser.get(url).content.decode()
    assert "Particulier sans accord préalable" in page and "depuis le 11 août 2026" in page
    granted = {"channel": "email", "status": "granted", "source": "Salon de Rennes"}
    refused = browser.post(url, granted).content.decode()
    assert "Un accord se prouve" in refused and not Consent.objects.exists()
    assert "Salon de Rennes" in refused, "nothing that was typed is lost"
    answer = browser.post(url, {**granted, "proof": "Bon n° 12", "wording": "J’accepte vos offres", "on": "2026-03-03"})
    assert answer.status_code == 302
    kept = Consent.objects.get()
    assert kept.proof == {"text": "Bon n° 12", "wording": "J’accepte vos offres", "on": "2026-03-03"}
    assert len(kept.wording) == 64 and kept.by.email == "sales@atelier.example" and kept.address == "claire@exemple.fr"
    assert "A donné son accord" in browser.get(url).content.decode()
    browser.post(url, {"channel": "email", "status": "withdrawn", "source": "Appel du 4"})
    page = browser.get(url).content.decode()
    assert "opposé à toute prospection" in page and "Bon n° 12" in page
    assert (
        browser.post(url, {"channel": "post", "status": "withdrawn", "source": "x"})
        .content.decode()
        .count("pas d’adresse pour cette voie")
    )


def test_a_reader_sees_the_tab_and_notes_nothing(atelier, signed_in):
    url = f"/crm/contacts/{consumer().pk}/prospecting/"
    reader = signed_in(atelier, "reader")
    assert "Noter un accord" not in reader.get(url).content.decode()
    assert reader.post(url, {"channel": "email", "status": "withdrawn", "source": "x"}).status_code == 403
    assert not Consent.objects.exists()
