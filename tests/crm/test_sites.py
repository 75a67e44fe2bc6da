"""Sites of companies, and companies above companies."""

import pytest
from django.db import IntegrityError, transaction

from core.models import Merge
from crm.models import Company, Contact, Deal, Site
from tests.contract.conftest import filled

SITES, COMPANIES, DEALS = "/crm/sites/", "/crm/companies/", "/crm/deals/"


@pytest.fixture
def company(atelier) -> Company:
    return Company.objects.create(name="Menuiserie Kervella")


def errors(answer) -> dict:
    return answer.context["form"].errors


# --- sites -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "fields",
    [
        {"latitude": 48},
        {"latitude": 91, "longitude": 0},
        {"insee_code": "291"},
        {"siret": "1"},
        {"name": ""},
        {"role": "x"},
    ],
)
def test_the_database_refuses_a_site_that_is_nowhere(company, fields):
    with pytest.raises(IntegrityError), transaction.atomic():
        Site.objects.create(**{"company": company, "name": "Chantier", **fields})


def test_a_company_is_billed_at_one_place_by_default(seller, company):
    form = {"company_text": company.name, "role": "billing", "is_default_billing": "on"}
    assert seller.post(f"{SITES}new/", {**form, "name": "Comptabilité"}).status_code == 302
    again = seller.post(f"{SITES}new/", {**form, "name": "Autre"})
    assert "a déjà un site de facturation par défaut" in again.content.decode()
    alone = seller.post(f"{SITES}new/", {"name": "Autre", "role": "billing", "is_default_billing": "on"})
    assert "is_default_billing" in errors(alone)
    with pytest.raises(IntegrityError), transaction.atomic():
        Site.objects.create(company=company, name="Autre", is_default_billing=True)


def test_of_two_merged_companies_one_default_place_is_left_until_it_is_undone(seller, company):
    other = Company.objects.create(name="Menuiserie Kervela")
    mine, theirs = (
        Site.objects.create(company=one, name=one.name, is_default_billing=True) for one in (company, other)
    )
    url = f"{COMPANIES}{company.pk}/merge/{other.pk}/"
    seller.post(url, filled(seller.get(url)))
    theirs.refresh_from_db()
    assert (theirs.company, theirs.is_default_billing) == (company, False)
    seller.post(f"{COMPANIES}merges/{Merge.objects.get().pk}/")
    theirs.refresh_from_db()
    assert (theirs.company, theirs.is_default_billing) == (other, True)
    mine.refresh_from_db()
    assert mine.is_default_billing


def test_coordinates_come_in_pairs_and_a_commune_has_its_code(seller, company):
    answer = seller.post(
        f"{SITES}new/", {"name": "Chantier", "role": "worksite", "latitude": "48.4", "insee_code": "2X004"}
    )
    assert {"longitude", "insee_code"} <= errors(answer).keys()
    good = {"latitude": "41.919", "longitude": "8.738", "insee_code": "2A 004"}
    assert seller.post(f"{SITES}new/", {"name": "Ajaccio", "role": "worksite", **good}).status_code == 302
    assert Site.objects.get().insee_code == "2A004"


def test_the_record_of_a_company_shows_its_sites_and_a_deal_is_at_one_of_them(seller, company):
    site = Site.objects.create(company=company, name="Villa des Pins", city="Brest")
    home = Site.objects.create(name="Chez Mme Hamon", contact=Contact.objects.create(last_name="Hamon"))
    assert "Villa des Pins" in seller.get(f"{COMPANIES}{company.pk}/related/").content.decode()
    seller.post(f"{DEALS}new/", {"name": "Escalier", "site_text": "Villa des Pins"})
    deal = Deal.objects.get()
    assert (deal.site, deal.company) == (site, company)  # the company comes with the site
    other = Company.objects.create(name="Autre")
    wrong = {"name": "Portail", "site_text": "Villa des Pins", "company_text": other.name}
    assert "site" in errors(seller.post(f"{DEALS}new/", wrong))
    at_home = {"name": "Portail", "site_text": home.name, "company_text": other.name}
    assert seller.post(f"{DEALS}new/", at_home).status_code == 302


# --- the tree --------------------------------------------------------------------------------------------------------
def test_no_company_is_above_itself_however_it_is_written(seller, company):
    child = Company.objects.create(name="Filiale", parent=company)
    grandchild = Company.objects.create(name="Petite-fille", parent=child)
    with pytest.raises(IntegrityError), transaction.atomic():
        Company.objects.filter(pk=company.pk).update(parent=grandchild)
    with pytest.raises(IntegrityError), transaction.atomic():  # two that would be right one by one
        Company.objects.filter(pk__in=[child.pk, grandchild.pk]).update(parent=grandchild)
    url = f"{COMPANIES}{company.pk}/edit/"
    answer = seller.post(url, {**filled(seller.get(url)), "parent": grandchild.pk, "parent_text": grandchild.name})
    assert "est déjà une filiale" in str(errors(answer)["parent"])


def test_the_record_shows_the_companies_above_and_below(seller, person, company):
    group = Company.objects.create(name="Groupe Morvan")
    Company.objects.filter(pk=company.pk).update(parent=group)
    Company.objects.bulk_create([Company(name=f"Filiale {n:02}", parent=company) for n in range(14)])
    page = seller.get(f"{COMPANIES}{company.pk}/")
    tree = page.context["banner"]["tree"]
    assert (tree.title, tree.url, tree.below[0].title, len(tree.below[0].below)) == (
        group.name, f"{COMPANIES}{group.pk}/", company.name, 12,
    )  # fmt: skip
    assert f"{COMPANIES}?parent={company.pk}" in page.content.decode()
    assert seller.get(f"{COMPANIES}?parent={company.pk}").context["listing"].total == 14
    # Of what one may not see, the name at most.
    mine = person(crm="write", scope="own")
    Company.objects.filter(pk=company.pk).update(owner=mine.user)
    tree = mine.get(f"{COMPANIES}{company.pk}/").context["banner"]["tree"]
    assert (tree.title, tree.url, tree.below[0].below) == (group.name, "", [])
    assert seller.get(f"{COMPANIES}{Company.objects.create(name='Seule').pk}/").context["banner"] is None
