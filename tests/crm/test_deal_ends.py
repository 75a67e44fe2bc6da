"""How deals end: won, lost and why; what stays of a company that has some."""

from crm.models import Company, Deal, LostReason
from tests.contract.conftest import filled
from tests.crm.deals import BOARD, LIST, make, move


def test_a_lost_deal_says_why(stages, seller):
    deal = make(stages["Négociation"], note="Vu sur place")
    ask = move(seller, deal, stages["Perdue"]).json()["ask"]
    deal.refresh_from_db()
    assert deal.state == "open"
    page = seller.get(ask)
    assert page.status_code == 200 and "Concurrent retenu" in page.content.decode()
    refused = seller.post(ask, {"note": "Trop cher"})
    assert refused.context["form"].errors["reason"] and "Trop cher" in refused.content.decode()
    reason = LostReason.objects.get(name="Prix")
    done = seller.post(ask, {"reason": reason.pk, "note": "Trop cher de 15 %"})
    assert done.headers["Location"].startswith(BOARD)
    deal.refresh_from_db()
    assert (deal.state, deal.lost_reason, deal.note) == ("lost", reason, "Vu sur place\n\nTrop cher de 15 %")
    edit = seller.post(
        f"{LIST}{deal.pk}/edit/",
        {"name": "Escalier", "stage": stages["Perdue"].pk, "amount": "1", "expected_on": "2026-12-01"},
    )
    assert "lost_reason" in edit.context["form"].errors


def test_a_won_deal_makes_a_customer_of_a_prospect(stages, seller):
    company = Company.objects.create(name="Hamon")
    deal = make(stages["Négociation"], company=company)
    seller.post(f"{LIST}{deal.pk}/stage/", {"stage": stages["Gagnée"].pk})
    deal.refresh_from_db()
    company.refresh_from_db()
    assert deal.state == "won" and company.relation == "customer"
    page = seller.get(f"{LIST}{deal.pk}/").content.decode()
    assert "Gagnée aujourd’hui" in page
    seller.post(f"{LIST}{deal.pk}/stage/", {"stage": stages["Devis envoyé"].pk})
    deal.refresh_from_db()
    assert (deal.state, deal.closed_at) == ("open", None)


def test_a_company_with_deals_is_not_deleted_under_them(stages, seller):
    company = Company.objects.create(name="Hamon")
    make(stages["Négociation"], company=company)
    seller.post(f"/crm/companies/{company.pk}/delete/", {}, follow=True)
    assert Company.objects.filter(pk=company.pk).exists()


def test_a_deal_of_which_nobody_says_the_stage_begins_at_the_first(stages, seller):
    seller.post(f"{LIST}new/", {"name": "Sans étape", "amount": "0", "expected_on": "2026-12-01"})
    assert Deal.objects.get(name="Sans étape").stage == stages["À qualifier"]
    page = seller.get(f"{LIST}new/?stage={stages['Négociation'].pk}").content.decode()
    assert f'value="{stages["Négociation"].pk}" selected' in page


def test_a_reason_of_loss_given_to_an_open_deal_is_refused_in_words(stages, seller):
    deal, reason = make(stages["Négociation"], owner=seller.user), LostReason.objects.first()
    answer = seller.post(f"/crm/deals/{deal.pk}/fields/lost_reason/", {"lost_reason": reason.pk})
    assert "changez d’abord son étape" in answer.content.decode()
    deal.refresh_from_db()
    assert deal.lost_reason is None
    lost = make(stages["Perdue"], "Perdue", lost_reason=reason, owner=seller.user)
    url = f"/crm/deals/{lost.pk}/edit/"
    assert seller.post(url, {**filled(seller.get(url)), "stage": stages["Négociation"].pk}).status_code == 302
    lost.refresh_from_db()
    assert (lost.state, lost.lost_reason) == ("open", None)
