"""Drafts: kept while typing, offered, never applied by themselves, nobody else's."""

import datetime as dt
import uuid

import pytest
from django.utils import timezone

from core.accounts.models import User
from core.models import FormDraft
from core.tasks import expire_drafts_here
from crm.models import Company, Contact

NEW = "/crm/companies/new/"
DRAFT = "/crm/companies/draft/"
TYPED = {"name": "Charpentes Riou", "kind": "business", "relation": "prospect", "note": "Tapé longuement"}


def keep(browser, key=None, **data) -> str:
    key = key or str(uuid.uuid4())
    answer = browser.post(DRAFT, {"_draft": key, **TYPED, **data})
    assert answer.json()["kept"], answer.content
    return key


def offers(browser, url=NEW) -> list[str]:
    return [str(offer["key"]) for offer in browser.get(url).context["offers"]]


def test_a_draft_is_offered_with_its_hour_and_taken_up_again(sales, atelier):
    key = keep(sales)
    page = sales.get(NEW)
    assert "Brouillon gardé aujourd’hui à" in page.content.decode()
    assert "Tapé longuement" not in page.content.decode()  # never silently
    page = sales.get(f"{NEW}?draft={key}")
    assert "Tapé longuement" in page.content.decode() and str(page.context["draft_key"]) == key
    assert not page.context["form"].errors


def test_saving_forgets_the_draft(sales, atelier):
    key = keep(sales)
    sales.post(NEW, {**TYPED, "_draft": key})
    assert Company.objects.exists() and not FormDraft.objects.exists()


def test_a_refused_form_keeps_its_draft_under_the_same_key(sales, atelier):
    key = keep(sales)
    page = sales.post(NEW, {**TYPED, "name": "", "_draft": key})
    assert str(page.context["draft_key"]) == key and FormDraft.objects.exists()


def test_giving_up_forgets_it(sales, atelier):
    key = keep(sales)
    assert sales.post(DRAFT, {"_draft": key, "_do": "drop"})["Location"] == NEW
    assert not FormDraft.objects.exists()


def test_two_tabs_are_two_drafts_and_one_tab_is_one(sales, atelier):
    first, second = keep(sales), keep(sales, name="Kervella")
    keep(sales, first, note="Plus loin")
    assert offers(sales) == [first, second]


def test_a_draft_of_a_row_is_offered_on_that_row_only(sales, make_company):
    company, other = make_company(), make_company("Autre")
    key = keep(sales, _row=company.pk)
    url = f"/crm/companies/{company.pk}/edit/"
    assert offers(sales, url) == [key]
    assert offers(sales) == offers(sales, f"/crm/companies/{other.pk}/edit/") == []
    assert sales.get(f"{NEW}?draft={key}").context["form"]["note"].value() in (None, "")


def test_a_draft_taken_up_after_somebody_saved_meets_the_conflict_screen(sales, make_company):
    company = make_company(city="Brest")
    url = f"/crm/companies/{company.pk}/edit/"
    key = keep(sales, _row=company.pk, name=company.name, city="Quimper", _base=sales.get(url).context["base"])
    Company.objects.filter(pk=company.pk).update(city="Lorient")
    page = sales.get(f"{url}?draft={key}")
    answer = sales.post(
        url, {**TYPED, "name": company.name, "city": "Quimper", "_base": page.context["base"], "_draft": key}
    )
    assert [line["name"] for line in answer.context["conflict"]] == ["city"]


def test_a_lookup_a_box_and_a_choice_come_back(sales, make_company):
    parent = make_company("Groupe Riou")
    key = keep(sales, is_supplier="on", parent=parent.pk, parent_text="Groupe Riou", relation="customer")
    form = sales.get(f"{NEW}?draft={key}").context["form"]
    assert 'value="Groupe Riou"' in str(form["parent"]) and "checked" in str(form["is_supplier"])
    assert form["relation"].value() == "customer"


def test_a_draft_is_its_authors_only(sales, atelier, signed_in):
    key = keep(sales)
    admin = signed_in(atelier, "administrator")
    assert offers(admin) == []
    assert "Tapé longuement" not in admin.get(f"{NEW}?draft={key}").content.decode()
    admin.post(DRAFT, {"_draft": key, "_do": "drop"})
    keep(admin, key, note="À moi")  # the same key: another person's draft all the same
    assert sales.get(f"{NEW}?draft={key}").context["form"]["note"].value() == "Tapé longuement"


def test_whoever_may_not_write_keeps_no_draft(reader, atelier):
    assert reader.post(DRAFT, {"_draft": str(uuid.uuid4()), **TYPED}).status_code == 403


def test_only_the_persons_fields_are_kept(sales, atelier):
    from crm.resources import CompanyResource

    user = User.objects.get(email="sales@atelier.example")
    keep(sales, credit_limit="5000", csrfmiddlewaretoken="x", password="secret", nonsense="x")
    kept = set(FormDraft.objects.get().data)
    assert not kept & ({"csrfmiddlewaretoken", "password", "nonsense"} | CompanyResource.hidden_from(user))
    assert "note" in kept


@pytest.mark.parametrize(
    "data",
    [
        {"_draft": "x"},
        {},
        {"_draft": str(uuid.uuid4()), "_row": "4242"},
        {"_draft": str(uuid.uuid4()), "note": "x" * 1_100_000},
    ],
)
def test_what_cannot_be_kept_is_said_and_is_no_error(sales, atelier, data):
    answer = sales.post(DRAFT, data)
    assert answer.status_code == 200 and not answer.json()["kept"] and answer.json()["problem"]
    assert not FormDraft.objects.exists()


def test_the_oldest_of_too_many_leave(sales, atelier, monkeypatch):
    monkeypatch.setattr("core.drafts.MAX_DRAFTS", 2)
    keys = [keep(sales) for _ in range(3)]
    assert offers(sales) == [keys[2], keys[1]]


def test_thirty_days_are_the_end(sales, atelier):
    old, young = keep(sales), keep(sales)
    FormDraft.objects.filter(key=old).update(saved_at=timezone.now() - dt.timedelta(days=31))
    expire_drafts_here.run()
    assert offers(sales) == [young]


def test_a_draft_follows_its_form_when_the_row_is_gone(sales, make_company):
    company = make_company()
    key = keep(sales, _row=company.pk)
    company.delete()
    keep(sales, key, _row="")  # the page that offers to create the row anew keeps on typing
    assert offers(sales) == [key]


def test_drafts_of_another_list_are_apart(sales, atelier):
    keep(sales)
    assert sales.get("/crm/contacts/new/").context["offers"] == []
    assert not Contact.objects.exists()
