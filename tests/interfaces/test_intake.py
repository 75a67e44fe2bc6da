"""R15: a form of the client's own site answers only under a written request, to its hosts, and keeps its fields only."""

from types import SimpleNamespace

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction

from core.accounts.models import User
from core.models import Event
from crm.actions.consents import hash_of, suppressed, withdraw
from crm.models import Consent, Contact, Deal, Lead, Pipeline, Stage
from interfaces import actions
from interfaces.models import ApiKey, Call
from tests.conftest import visitor
from tests.contract.api import problem
from tests.interfaces.conftest import Program
from tests.interfaces.test_screens import HOME

SITE = "https://www.atelier-morvan.fr"
FIELDS = {"crm.contact": {"written": ["first_name", "last_name", "email"]}}


@pytest.fixture
def site(atelier, make_request):
    """A page of the client's site: `site.post({...})` is what a visitor's browser sends."""

    class Site:
        def __init__(self):
            self.request = make_request(FIELDS, direction="in", hosts=["www.atelier-morvan.fr"], name="Site")
            self.key, self.text = actions.add_key(
                self.request, label="Contact", form_of="crm.contact", per_minute=30, expires_on=None
            )
            self.browser = visitor(atelier)

        def post(self, data, *, origin=SITE, **more):
            headers = {"Origin": origin} if origin else {}
            return self.browser.post(f"/intake/{self.text}/", data, headers=headers, **more)

    return Site()


def journal():
    return list(Call.objects.order_by("id").values_list("status", "refusal"))


def test_what_a_visitor_writes_becomes_a_record_and_the_history_says_from_where(site):
    answer = site.post({"first_name": "Anne", "last_name": "Le Goff", "email": "anne@exemple.fr", "_url": ""})
    assert answer.status_code == 201 and "bien arrivé" in answer.content.decode()
    row = Contact.objects.get()
    assert (row.first_name, row.last_name, row.email, row.owner) == ("Anne", "Le Goff", "anne@exemple.fr", None)
    event = Event.objects.get(model="crm.contact")
    assert event.screen == "intake" and "« Site »" in event.actor_name
    assert journal() == [(201, "")] and Call.objects.get().rows == 1


@pytest.mark.parametrize(
    "origin",
    ["", "null", "http://www.atelier-morvan.fr", "https://atelier-morvan.fr", "https://www.atelier-morvan.fr.evil.example",
     "https://www.atelier-morvan.fr:8443", "https://evil.example"],
)  # fmt: skip
def test_a_page_of_another_site_is_refused(site, origin):
    assert site.post({"last_name": "Le Goff"}, origin=origin).status_code == 403
    assert not Contact.objects.exists() and journal() == [(403, "origin")]


def test_a_field_that_the_request_does_not_name_refuses_the_whole(site):
    assert site.post({"last_name": "Le Goff", "note": "x", "owner": "1"}).status_code == 403
    assert not Contact.objects.exists()
    assert Call.objects.get().fields == ["note", "owner"]


def test_what_the_record_refuses_is_said_and_a_program_is_not_answered(site):
    answer = site.post({"first_name": "Anne", "email": "pas une adresse"})
    assert answer.status_code == 422 and "adresse" in answer.content.decode()
    assert site.post({"last_name": "Robot", "_url": "http://spam.example"}).status_code == 400
    assert site.post({"last_name": "F", "file": SimpleUploadedFile("x.pdf", b"%PDF-")}).status_code == 400
    assert site.post("[1]", content_type="application/json").status_code == 400
    assert site.browser.get(f"/intake/{site.text}/").status_code == 405
    assert not Contact.objects.exists()
    assert journal() == [(422, "other"), (400, "trap"), (400, "other"), (400, "other")]


def test_without_a_request_in_force_nothing_answers(site, administrator, atelier):
    for text in ("b2o_x", "b2o_aaaaaaaa_" + "A" * 43):
        assert (
            visitor(atelier).post(f"/intake/{text}/", {"last_name": "X"}, headers={"Origin": SITE}).status_code == 404
        )
    actions.revoke(site.request, reason="Fin", by=administrator)
    assert site.post({"last_name": "Le Goff"}).status_code == 404
    assert not Contact.objects.exists() and journal() == [(404, "request_revoked")]


def test_its_address_is_no_key_and_a_key_is_no_form(site, atelier, program):
    problem(Program(atelier, site.text).post("/api/crm/contacts/", {"last_name": "X"}), 401)
    ours = program(FIELDS, direction="in", hosts=["www.atelier-morvan.fr"])
    assert (
        visitor(atelier).post(f"/intake/{ours.text}/", {"last_name": "X"}, headers={"Origin": SITE}).status_code == 404
    )
    assert not Contact.objects.exists()


def test_one_address_of_the_network_does_not_flood_it(site):
    statuses = [site.post({"last_name": f"N{number}"}).status_code for number in range(12)]
    assert statuses == [201] * 10 + [429] * 2 and Contact.objects.count() == 10 and len(journal()) == 10


def test_the_code_for_the_site_is_shown_once_under_a_request_that_writes(site, atelier, signed_in, make_request):
    admin = signed_in(atelier, "administrator")
    page = f"{HOME}{site.request.pk}/"
    assert "Formulaire de site" in admin.get(page).content.decode()
    answer = admin.post(f"{page}forms/new/", {"label": "Devis", "form_of": "crm.contact", "per_minute": "30"})
    shown = answer.content.decode()
    assert (
        answer.headers["Cache-Control"] == "no-store"
        and "name=&quot;last_name&quot;" in shown
        and "/intake/b2o_" in shown
    )
    assert ApiKey.objects.filter(form_of="crm.contact").count() == 2
    assert "/intake/" not in admin.get(page).content.decode()
    out = make_request(
        {"crm.company": {"read": ["name"]}}, direction="out", hosts=["www.atelier-morvan.fr"], name="Lit"
    )
    assert admin.get(f"{HOME}{out.pk}/forms/new/").status_code == 302
    admin.post(f"{HOME}{out.pk}/forms/new/", {"label": "Devis", "form_of": "crm.company", "per_minute": "30"})
    assert not ApiKey.objects.filter(request=out).exists()


# --- leads, and scripts of the site's pages -----------------------------------------------------------------------
LEAD = {"crm.lead": {"written": ["first_name", "last_name", "email", "company_name", "phone", "message", "source"]}}
SENT = {
    "first_name": "Anne",
    "last_name": "Le Goff",
    "email": "Anne@exemple.fr",
    "message": "Un escalier ?",
    "source": "google",
}


@pytest.fixture
def leads(atelier, make_request):
    request = make_request(LEAD, direction="in", hosts=["www.atelier-morvan.fr"], name="Site")
    _key, text = actions.add_key(request, label="Devis", form_of="crm.lead", per_minute=30, expires_on=None)
    browser = visitor(atelier)

    def send(data, *, origin=SITE, json=True, method="post", **headers):
        kind = {"content_type": "application/json"} if json else {}
        return getattr(browser, method)(f"/intake/{text}/", data, headers={"Origin": origin, **headers}, **kind)

    return send


def test_a_script_of_the_site_may_ask_send_and_read_the_answer_and_no_other_may(leads):
    asked = leads({}, method="options")
    assert (
        asked.headers["Access-Control-Allow-Origin"] == SITE
        and "Content-Type" in asked.headers["Access-Control-Allow-Headers"]
    )
    answer = leads(SENT)
    assert answer.status_code == 201 and answer.json()["ok"] and answer.headers["Access-Control-Allow-Origin"] == SITE
    evil = leads(SENT, origin="https://evil.example")
    assert evil.status_code == 403 and "Access-Control-Allow-Origin" not in evil.headers
    assert "Access-Control-Allow-Origin" not in leads({}, method="options", origin="https://evil.example").headers
    wrong = leads({**SENT, "email": "x"})
    assert wrong.status_code == 422 and wrong.json()["fields"] == ["email"] and not wrong.json()["ok"]
    assert leads({**SENT, "email": ["x"]}).status_code == 400
    lead = Lead.objects.get()
    assert (lead.form, lead.state, lead.payload, lead.source) == ("Devis", "new", SENT, "google")


def test_one_sending_is_one_lead_however_often_it_comes(leads):
    assert [leads(SENT, **{"Idempotency-Key": "k1"}).status_code for _n in range(2)] == [201, 201]
    assert leads({**SENT, "_key": "k1"}, json=False).status_code == 201
    assert Lead.objects.count() == 1
    assert [(call.status, call.rows) for call in Call.objects.order_by("id")] == [(201, 1), (201, 0), (201, 0)]
    leads(SENT, **{"Idempotency-Key": "k2"})
    first, second = Lead.objects.order_by("pk")
    assert second.duplicate_of == first  # the same person wrote twice: kept, and told


# --- what a form is given beside what a visitor writes ------------------------------------------------------------
WORDS = "J’accepte de recevoir les nouveautés de l’Atelier Morvan par e-mail."


@pytest.fixture
def quotes(atelier, signed_in, make_request):
    """A form for leads, made on screen by an administrator: for a colleague, in a pipeline, with a box to tick."""
    request = make_request(LEAD, direction="in", hosts=["www.atelier-morvan.fr"], name="Site")
    works = Pipeline.objects.create(name="Travaux", position=7)
    Stage.objects.create(pipeline=works, name="À visiter", kind="open", position=1, probability=10)
    colleague = User.objects.create_user("paul@atelier.example", first_name="Paul", last_name="Riou")
    admin = signed_in(atelier, "administrator")
    page = admin.get(f"{HOME}{request.pk}/forms/new/").context["form"]
    one = request.resources.get()
    assert set(page.office) == {f"owner-of-{one.pk}", f"pipeline-of-{one.pk}"}
    said = {"label": "Devis", "form_of": "crm.lead", "per_minute": "30", "wording": WORDS}
    chosen = {f"owner-of-{one.pk}": colleague.pk, f"pipeline-of-{one.pk}": works.pk}
    shown = admin.post(f"{HOME}{request.pk}/forms/new/", said | chosen).context["html"]
    token = shown.partition("/intake/")[2].partition("/")[0]
    browser = visitor(atelier)

    def send(data):
        return browser.post(f"/intake/{token}/", data, headers={"Origin": SITE})

    return SimpleNamespace(send=send, html=shown, owner=colleague, pipeline=works, admin=admin)


def test_a_form_gives_a_lead_its_owner_and_the_pipeline_that_its_deal_will_enter(quotes):
    assert quotes.send(SENT).status_code == 201
    lead = Lead.objects.get()
    assert (lead.owner, lead.pipeline, lead.payload) == (quotes.owner, quotes.pipeline, SENT)
    done = quotes.admin.post(
        f"/crm/leads/{lead.pk}/conversion/", {"contact": "new", "makes_deal": "1", "deal": "Escalier"}
    )
    deal = Deal.objects.get()
    assert done.status_code == 302 and (deal.stage.name, deal.pipeline, deal.owner) == (
        "À visiter", quotes.pipeline, quotes.owner,
    )  # fmt: skip


def test_a_visitor_cannot_choose_what_the_company_chose(quotes):
    assert quotes.send({**SENT, "owner": "1"}).status_code == 403 and not Lead.objects.exists()


def test_nobodys_message_is_lost_for_a_colleague_who_has_left_or_a_pipeline_that_is_no_more(quotes):
    quotes.owner.is_active = False
    quotes.owner.save(update_fields=["is_active"])
    assert quotes.send(SENT).status_code == 201
    lead = Lead.objects.get()
    assert (lead.owner, lead.pipeline) == (None, quotes.pipeline)
    lead.delete()
    Stage.objects.filter(pipeline=quotes.pipeline).delete()
    quotes.pipeline.delete()
    assert quotes.send(SENT).status_code == 201 and Lead.objects.get().pipeline is None


def test_a_ticked_box_is_a_consent_with_its_proof_and_one_left_empty_is_none(quotes):
    assert f'<input type="checkbox" name="_consent" value="1"> {WORDS}' in quotes.html
    quotes.send(SENT)
    assert not Consent.objects.exists() and "_consent" not in Lead.objects.get().payload
    quotes.send({**SENT, "_consent": "1"})
    found, lead = Consent.objects.get(), Lead.objects.order_by("pk").last()
    assert (found.address, found.status, found.channel, found.source) == (
        "anne@exemple.fr", "granted", "email", "Formulaire « Devis »",
    )  # fmt: skip
    assert found.wording == hash_of(WORDS) and lead.payload["_consent"] == WORDS
    assert found.proof["page"] == SITE and found.proof["wording"] == WORDS and found.proof["lead"] == lead.pk
    assert WORDS in quotes.admin.get(f"/crm/leads/{lead.pk}/").content.decode()


def test_whoever_knows_an_address_does_not_bring_it_back_to_the_mailings(quotes):
    with transaction.atomic():
        withdraw(channel="email", address="anne@exemple.fr", source="Téléphone")
    assert quotes.send({**SENT, "_consent": "1"}).status_code == 201
    assert suppressed("anne@exemple.fr") is not None
    assert list(Consent.objects.values_list("status", flat=True)) == ["withdrawn"]
    assert "cette adresse est désinscrite" in quotes.admin.get(f"/crm/leads/{Lead.objects.get().pk}/").content.decode()


def test_only_a_form_that_asks_takes_a_consent(leads, site, atelier, signed_in):
    assert leads({**SENT, "_consent": True}).status_code == 403 and not Consent.objects.exists()
    admin = signed_in(atelier, "administrator")
    address = f"{HOME}{site.request.pk}/forms/new/"
    assert "wording" not in admin.get(address).context["form"].fields  # a contact's form has no ledger to write to
    with pytest.raises(IntegrityError), transaction.atomic():
        ApiKey.objects.filter(pk=site.key.pk).update(form_of="", wording="Oui")
