"""Deals: what the database keeps in step with their stage, the board, the forecast, and how they end."""

import datetime as dt
import re
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone
from django_tenants.utils import tenant_context

from core.accounts.models import User
from core.models import Event
from crm.actions.deals import place_deal
from crm.board import CARDS, SUMMED
from crm.models import Activity, Deal, LostReason, Pipeline, Stage
from tests.contract.conftest import filled, queries_of
from tests.crm.deals import BOARD, FORECAST, LIST, columns, make, move
from tests.workers import second_of_two


# --- the database ---------------------------------------------------------------------------------------------------
def test_a_deal_is_what_its_stage_is_whoever_writes_it(stages):
    deal = make(stages["À qualifier"])
    assert (deal.state, deal.pipeline, deal.closed_at) == ("open", stages["Gagnée"].pipeline, None)
    Deal.objects.filter(pk=deal.pk).update(stage=stages["Gagnée"])
    deal.refresh_from_db()
    assert deal.state == "won" and timezone.now() - deal.closed_at < dt.timedelta(minutes=1)
    Deal.objects.filter(pk=deal.pk).update(stage=stages["Négociation"])
    deal.refresh_from_db()
    assert (deal.state, deal.closed_at) == ("open", None)
    # What contradicts the stage is put right, not kept.
    Deal.objects.filter(pk=deal.pk).update(state="won", closed_at=timezone.now())
    deal.refresh_from_db()
    assert (deal.state, deal.closed_at) == ("open", None)


def test_a_reason_of_loss_leaves_with_the_loss(stages):
    deal = make(stages["Perdue"], lost_reason=LostReason.objects.first())
    assert deal.lost_reason is not None
    Deal.objects.filter(pk=deal.pk).update(stage=stages["Négociation"])
    deal.refresh_from_db()
    assert deal.lost_reason is None


@pytest.mark.parametrize("change", [{"amount": -1}, {"name": ""}, {"probability": 101}])
def test_the_database_refuses_nonsense(stages, change):
    deal = make(stages["À qualifier"])
    with pytest.raises(IntegrityError), transaction.atomic():
        Deal.objects.filter(pk=deal.pk).update(**change)


def test_a_stage_in_use_keeps_its_kind_and_stays(stages, person):
    stage = stages["Négociation"]
    make(stage)
    with pytest.raises(IntegrityError), transaction.atomic():
        Stage.objects.filter(pk=stage.pk).update(kind="won", probability=100)
    boss = person(crm="manage")
    assert boss.post(reverse("crm-stage-delete", args=[stage.pk]), follow=True).status_code == 200
    assert Stage.objects.filter(pk=stage.pk).exists()


# --- the board ------------------------------------------------------------------------------------------------------
def test_the_board_has_a_column_for_each_stage_with_its_sum(stages, seller):
    make(stages["À qualifier"], "Escalier", amount=1200)
    make(stages["À qualifier"], "Fenêtres", amount=8700)
    make(stages["Négociation"], "Bardage", amount=52_000)
    make(stages["Gagnée"], "Cuisine", amount=10_000)
    page = seller.get(BOARD)
    told = {column.stage.name: (column.count_label, column.total_label) for column in page.context["columns"]}
    assert list(told) == ["À qualifier", "Visite et métré", "Devis envoyé", "Négociation", "Gagnée", "Perdue"]
    assert told["À qualifier"] == ("2", "9\u202f900\u00a0€") and told["Négociation"] == ("1", "52\u00a0k€")
    assert page.context["open"] == ("3", "61\u202f900\u00a0€")
    assert columns(seller)["À qualifier"] == ["Fenêtres", "Escalier"], "a new deal is on top"


def test_a_card_stays_where_it_was_put(stages, seller):
    stage = stages["Devis envoyé"]
    deals = {name: make(stage, name) for name in "DCBA"}
    moved = make(stages["À qualifier"], "M", amount=900)
    answer = move(seller, moved, stage, above=deals["A"].pk, below=deals["B"].pk)
    assert answer.json()["totals"][str(stage.pk)] == ["5", "900\u00a0€"]
    assert answer.json()["open"] == ["5", "900\u00a0€"]
    assert columns(seller)["Devis envoyé"] == ["A", "M", "B", "C", "D"]
    move(seller, deals["D"], stage, below=deals["A"].pk)
    assert columns(seller)["Devis envoyé"] == ["D", "A", "M", "B", "C"]
    move(seller, deals["D"], stage, above=deals["C"].pk)
    assert columns(seller)["Devis envoyé"] == ["A", "M", "B", "C", "D"]


def test_between_two_cards_there_is_always_room(stages, seller):
    stage = stages["Devis envoyé"]
    low, high = make(stage, "bas"), make(stage, "haut")
    others = [make(stage, f"{n}") for n in range(4)]
    above = high
    for round_ in range(90):  # more than the digits of a rank allow
        card = others[round_ % 4]
        assert move(seller, card, stage, above=above.pk, below=low.pk).status_code == 200
        above = card
        order = columns(seller)["Devis envoyé"] if round_ % 15 == 0 else None
        assert order is None or order[order.index(card.name) + 1] == "bas"
    assert columns(seller)["Devis envoyé"][-2:] == ["1", "bas"]


def test_a_reorder_is_no_event_and_a_new_stage_is_one(stages, seller):
    first, second = make(stages["Négociation"], "A"), make(stages["Négociation"], "B")
    before = Event.objects.filter(model="crm.deal").count()
    move(seller, first, stages["Négociation"], below=second.pk)
    assert Event.objects.filter(model="crm.deal").count() == before
    move(seller, first, stages["Devis envoyé"])
    event = Event.objects.filter(model="crm.deal").latest("pk")
    assert (event.fields, event.actor_id, event.object_id) == (["stage_id"], seller.user.pk, first.pk)


def test_what_is_over_shows_for_a_month_the_newest_first(stages, seller):
    now = timezone.now()
    for days, name in ((40, "ancienne"), (3, "récente"), (20, "un peu")):
        make(stages["Gagnée"], name, closed_at=now - dt.timedelta(days=days))
    assert columns(seller)["Gagnée"] == ["récente", "un peu"]


def test_a_column_goes_on_where_it_stopped(stages, seller):
    for kind in ("À qualifier", "Gagnée"):
        Deal.objects.bulk_create([Deal(name=f"{kind} {n:02}", stage=stages[kind]) for n in range(CARDS * 2 + 5)])
        seen, url = columns(seller)[kind], ""
        column = next(c for c in seller.get(BOARD).context["columns"] if c.stage.name == kind)
        while column.more:
            url = f"{BOARD}?column={column.stage.pk}&after={column.more}"
            column = seller.get(url).context["column"]
            seen += [card.name for card in column.cards]
        assert sorted(seen) == [f"{kind} {n:02}" for n in range(CARDS * 2 + 5)], "each once"
    assert seller.get(f"{BOARD}?column=x&after=1").status_code == 404
    assert seller.get(f"{BOARD}?column={column.stage.pk}&after=²").status_code == 404


def test_beyond_the_cap_sums_are_at_least(stages, seller, monkeypatch):
    monkeypatch.setattr("crm.board.SUMMED", 3)
    Deal.objects.bulk_create([Deal(name=f"{n}", stage=stages["À qualifier"], amount=100) for n in range(5)])
    column = seller.get(BOARD).context["columns"][0]
    assert (column.count_label, column.total_label) == ("3+", "400\u00a0€+") and SUMMED > 3


def test_filters_are_those_of_the_list(stages, seller, person):
    other = person(crm="write")
    make(stages["À qualifier"], "à moi", owner=seller.user, amount=10)
    make(stages["À qualifier"], "à lui", owner=other.user, amount=5)
    query = f"owner={seller.user.pk}&q=moi"
    assert columns(seller, query)["À qualifier"] == ["à moi"]
    listed = seller.get(f"{LIST}?{query}").context["listing"].rows
    assert [row.title for row in listed] == ["à moi"]
    page = seller.get(f"{BOARD}?{query}")
    assert page.context["columns"][0].total == 10
    assert f"{LIST}?owner={seller.user.pk}&amp;q=moi" in page.content.decode()
    deal = Deal.objects.get(name="à moi")
    assert move(seller, deal, stages["Négociation"], query).json()["totals"][str(stages["À qualifier"].pk)][0] == "0"


def test_the_counts_of_a_facet_are_those_of_what_the_page_shows(stages, seller, person):
    other, now = person(crm="write"), timezone.now()
    elsewhere = Pipeline.objects.create(name="Entretien", position=9)
    for owner in (seller.user, other.user):
        make(stages["Négociation"], owner=owner, amount=10)
        for stage, days in (("Gagnée", 3), ("Gagnée", 45), ("Gagnée", 400), ("Perdue", 3)):
            make(stages[stage], owner=owner, closed_at=now - dt.timedelta(days=days))
    make(Stage.objects.create(pipeline=elsewhere, name="Appel", position=1), owner=seller.user)

    def counted(page, query="") -> str:
        base = re.search(r'data-counts="([^"?]*owner/)', seller.get(page).content.decode())[1]
        return seller.get(f"{base}?{query}").json().get(str(seller.user.pk), "0")

    assert (counted(BOARD), counted(FORECAST), counted(f"{LIST}?q=e")) == ("3", "3", "6")
    assert counted(BOARD, f"pipeline={elsewhere.pk}") == "1" and counted(BOARD, "amount_min=5") == "1"
    assert counted(BOARD, f"owner={other.user.pk}") == "3", "what one more tick would give"
    shown = [len(cards) for cards in columns(seller, f"owner={seller.user.pk}").values()]
    assert sum(shown) == 3


def test_who_sees_their_own_only_sees_their_own_cards(stages, person):
    me, other = person(crm="write", scope="own"), person(crm="write")
    make(stages["À qualifier"], "mienne", owner=me.user)
    theirs = make(stages["À qualifier"], "sienne", owner=other.user, amount=99)
    page = me.get(BOARD)
    assert page.context["columns"][0].count == 1 and "sienne" not in page.content.decode()
    assert move(me, theirs, stages["Négociation"]).status_code == 404
    assert "mienne" in me.get(FORECAST).content.decode() or me.get(FORECAST).context["amount"] == 0


def test_a_card_tells_the_next_activity_that_one_may_see(stages, person):
    me, other = person(crm="write", scope="own"), person(crm="write")
    deal, now = make(stages["À qualifier"], owner=me.user), timezone.now()
    later = now + dt.timedelta(days=9)
    Activity.objects.create(subject="Relance", deal=deal, owner=other.user, due_at=now + dt.timedelta(days=2))
    assert "Prochaine activité" not in me.get(BOARD).content.decode()
    Activity.objects.create(subject="Visite", deal=deal, owner=me.user, due_at=later)
    cards = [someone.get(BOARD).context["columns"][0].cards[0] for someone in (me, other)]
    assert [(card.next_at - now).days for card in cards] == [9, 2]
    Activity.objects.filter(owner=me.user).update(state="done", done_at=now)
    assert me.get(BOARD).context["columns"][0].cards[0].next_at is None


def test_a_reader_looks_and_moves_nothing(stages, person):
    reader, deal = person(crm="read"), make(stages["À qualifier"])
    page = reader.get(BOARD).content.decode()
    assert deal.name in page and "data-move" not in page and "data-writes" not in page
    assert move(reader, deal, stages["Négociation"]).status_code == 403


def test_the_board_costs_the_same_queries_for_any_number_of_deals(stages, seller):
    make(stages["À qualifier"], owner=seller.user)
    few = len(queries_of(seller, BOARD))
    for stage in stages.values():
        Deal.objects.bulk_create([Deal(name=f"{n}", stage=stage, owner=seller.user) for n in range(60)])
    assert len(queries_of(seller, BOARD)) <= few + 1 and few <= 16


def test_a_deal_that_waits_is_said_to_rot(stages, seller):
    stage = stages["Négociation"]
    make(stage, "fraîche")
    stale = make(stage, "oubliée", stage_since=timezone.now() - dt.timedelta(days=stage.rotting_days + 1))
    page = seller.get(BOARD)
    cards = {card.name: card.rotting for column in page.context["columns"] for card in column.cards}
    assert cards == {"fraîche": False, "oubliée": True} and "jours à cette étape" in page.content.decode()
    assert columns(seller, "rotting=1")["Négociation"] == ["oubliée"]
    assert stale.is_rotting
    move(seller, stale, stages["Devis envoyé"])
    assert columns(seller, "rotting=1")["Devis envoyé"] == []


def test_pipelines_are_apart(stages, seller, person):
    boss = person(crm="manage")
    assert boss.post(reverse("crm-pipeline-new"), {"name": "Entretien"}).status_code == 302
    other = Pipeline.objects.get(name="Entretien")
    deal = make(other.stages.first(), "Contrat")
    assert "Contrat" not in str(columns(seller)) and columns(seller, f"pipeline={other.pk}")["En cours"] == ["Contrat"]
    assert [row.title for row in seller.get(f"{LIST}?pipeline={other.pk}").context["listing"].rows] == ["Contrat"]
    # From one to the other it is another way of selling, at its own stage.
    move(seller, deal, stages["Devis envoyé"])
    deal.refresh_from_db()
    assert deal.pipeline == stages["Devis envoyé"].pipeline


# --- the forecast ---------------------------------------------------------------------------------------------------
def test_the_forecast_weighs_what_is_open_and_counts_what_is_won(stages, seller):
    today = timezone.localdate()
    next_month = (today.replace(day=1) + dt.timedelta(days=40)).replace(day=3)
    make(stages["Négociation"], amount=1000, expected_on=next_month)  # 75 %
    make(stages["Négociation"], amount=1000, expected_on=next_month, probability=20)
    make(stages["À qualifier"], amount=500, expected_on=today.replace(day=1) - dt.timedelta(days=9))
    make(stages["Gagnée"], amount=300)
    page = seller.get(FORECAST)
    line = next(line for line in page.context["months"] if line["month"].start == next_month.replace(day=1))
    month = line["month"]
    assert (month.count, month.amount, month.weighted) == (2, 2000, Decimal(950))
    late, present = (
        page.context["late"]["month"],
        next(one["month"] for one in page.context["months"] if one["month"].present),
    )
    assert (late.count, late.amount) == (1, 500) and (present.won, present.won_count) == (300, 1)
    assert seller.get(line["open_url"]).context["listing"].total == 2
    assert seller.get(page.context["late"]["open_url"]).context["listing"].total == 1
    won_url = next(one["won_url"] for one in page.context["months"] if one["month"].present)
    assert seller.get(won_url).context["listing"].total == 1


def test_money_is_written_alike_on_the_record_in_its_history_and_in_a_conflict(stages, seller, person):
    deal = make(stages["Négociation"], amount=2000)
    url = f"{LIST}{deal.pk}/"
    opened = seller.get(f"{url}edit/")
    form = {name: opened.context["form"][name].value() or "" for name in ("name", "stage", "expected_on")}
    form |= {"_base": opened.context["base"], "amount": "900"}
    Deal.objects.filter(pk=deal.pk).update(amount=Decimal("1234.50"))
    conflict = seller.post(f"{url}edit/", form).context["conflict"]
    assert [(line["former"], line["theirs"]) for line in conflict] == [("2\u202f000,00", "1\u202f234,50")]
    changes = seller.get(f"{url}history/").context["history"][0]["changes"]
    assert [(change["before"], change["after"]) for change in changes] == [("2\u202f000,00", "1\u202f234,50")]
    assert "1\u202f234,50" in seller.get(url).content.decode()


def test_a_deadline_that_is_past_is_told_wherever_the_row_is_shown(stages, seller):
    yesterday = timezone.now() - dt.timedelta(days=1)
    late = make(stages["Négociation"], "tardive", owner=seller.user, expected_on=yesterday)
    make(stages["Négociation"], "à temps", owner=seller.user, expected_on=timezone.localdate())
    make(stages["Gagnée"], "gagnée", owner=seller.user, expected_on=yesterday)
    call = Activity.objects.create(subject="Rappel", deal=late, owner=seller.user, due_at=yesterday)
    Activity.objects.create(subject="Fait", owner=seller.user, due_at=yesterday, state="done", done_at=yesterday)
    told = '<span class="overdue">'
    for url, times in {
        LIST: 2,  # in its column, and beside the name on a phone
        f"{LIST}{late.pk}/": 3,
        "/crm/activities/": 2,
        f"/crm/activities/{call.pk}/": 1,
    }.items():
        assert seller.get(url).content.decode().count(told) == times, url
    assert seller.get("/").content.decode().count(told) == 2, "of the deal, and of the activity"


# --- settings -------------------------------------------------------------------------------------------------------
def test_pipelines_are_set_by_managers_alone(stages, seller, person):
    pages = [reverse("crm-pipelines"), reverse("crm-pipeline-new"), reverse("crm-stage", args=[stages["Perdue"].pk])]
    assert {seller.get(url).status_code for url in pages} == {403}
    boss, pipeline = person(crm="manage"), stages["Perdue"].pipeline
    assert {boss.get(url).status_code for url in pages} == {200}
    new = reverse("crm-stage-new", args=[pipeline.pk])
    same = boss.post(new, {"name": "négociation", "kind": "open", "probability": "10"})
    assert "déjà pris" in same.content.decode()
    assert (
        boss.post(new, {"name": "Relance", "kind": "open", "probability": "10", "rotting_days": "5"}).status_code == 302
    )
    relance = Stage.objects.get(name="Relance")
    for _step in range(2):
        boss.post(reverse("crm-stage-move", args=[relance.pk]), {"up": ""})
    names = list(pipeline.stages.order_by("position").values_list("name", flat=True))
    assert names[3:] == ["Négociation", "Relance", "Gagnée", "Perdue"]
    won = boss.post(reverse("crm-stage", args=[relance.pk]), {"name": "Relance", "kind": "won", "probability": "10"})
    assert won.status_code == 302 and Stage.objects.get(pk=relance.pk).probability == 100


def test_a_card_that_two_people_move_at_once_ends_where_the_second_put_it(make_client):
    client = make_client()
    with tenant_context(client):
        first, second, third = Stage.objects.order_by("position")[:3]
        deal, person = make(first), User.objects.first()

    def move() -> None:
        Deal.objects.filter(pk=deal.pk).update(stage=second)

    moved = second_of_two(client, move, lambda: place_deal(deal, stage=third, by=person))
    with tenant_context(client):
        deal.refresh_from_db()
    assert moved.stage_id == deal.stage_id == third.pk


def test_a_new_deal_is_first_of_all_one_s_own(stages, seller, person):
    url = "/crm/deals/new/"
    values = filled(seller.get(url))
    assert values["owner"] == [str(seller.user.pk)]
    seller.post(url, {**values, "name": "Escalier"})
    assert Deal.objects.get(name="Escalier").owner == seller.user
    seller.post(url, {**values, "name": "Verrière", "owner": ""})
    assert Deal.objects.get(name="Verrière").owner is None
