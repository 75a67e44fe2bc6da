"""Activities: what the database refuses, one's day, the calendar, reminders, and the feed for other programs."""

import datetime as dt
import re
from html import unescape

import pytest
from django.db import IntegrityError, connection, transaction
from django.urls import reverse
from django.utils import timezone
from django_tenants.utils import schema_context, tenant_context
from icalendar import Calendar

from core.actions.notifications import choose
from core.models import Channel, Event, Notification, OutgoingMail
from crm.actions.activities import remind
from crm.calendar import place
from crm.models import Activity, CalendarFeed, Company, Contact, Deal, Stage
from crm.tasks import remind_due
from tests.conftest import visitor
from tests.contract.conftest import queries_of

LIST, DAY, CALENDAR, FEED = "/crm/activities/", "/crm/activities/day/", "/crm/activities/calendar/", "/crm/feed/"
MONDAY = dt.date(2026, 3, 23)


def at(day: dt.date, hour: int, minute: int = 0) -> dt.datetime:
    return timezone.make_aware(dt.datetime.combine(day, dt.time(hour, minute)))


def make(subject="Relance", **fields) -> Activity:
    row = Activity.objects.create(subject=subject, **{"due_at": timezone.now(), **fields})
    row.refresh_from_db()
    return row


def parts(someone) -> dict[str, list[str]]:
    page = someone.get(DAY)
    assert page.status_code == 200
    return {part["name"]: [entry.subject for entry in part["entries"]] for part in page.context["parts"]}


# --- the database and the form --------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "change", [{"kind": "call"}, {"state": "done"}, {"done_at": timezone.now()}, {"minutes": 1441}, {"subject": ""}]
)
def test_the_database_refuses_nonsense(atelier, change):
    row = make()
    with pytest.raises(IntegrityError), transaction.atomic():
        Activity.objects.filter(pk=row.pk).update(**change)


def test_a_call_says_with_whom_and_a_task_need_not(atelier, seller):
    form = {"subject": "Rappeler", "due_at": "2026-12-01T09:30"}
    refused = seller.post(f"{LIST}new/", {**form, "kind": "call"})
    assert "avec qui" in str(refused.context["form"].errors) and "Rappeler" in refused.content.decode()
    company = Company.objects.create(name="Hamon")
    assert (
        seller.post(f"{LIST}new/", {**form, "kind": "call", "company": company.pk, "company_text": "Hamon"}).status_code
        == 302
    )
    assert seller.post(f"{LIST}new/", {**form, "kind": "task"}).status_code == 302
    assert set(Activity.objects.values_list("kind", flat=True)) == {"call", "task"}
    assert Activity.objects.latest("pk").due_at == at(dt.date(2026, 12, 1), 9, 30)


def test_an_activity_of_a_deal_is_with_whom_the_deal_is(atelier, seller):
    company = Company.objects.create(name="Hamon")
    contact = Contact.objects.create(first_name="Anne", last_name="Le Goff", company=company)
    deal = Deal.objects.create(name="Escalier", stage=Stage.objects.first(), company=company, contact=contact)
    initial = seller.get(f"{LIST}new/?deal={deal.pk}").context["form"]
    assert [str(initial[name].value()) for name in ("company", "contact", "deal")] == [
        "Hamon",
        "Anne Le Goff",
        "Escalier",
    ]
    assert str(seller.get(f"{LIST}new/?contact={contact.pk}").context["form"]["company"].value()) == "Hamon"
    seller.post(f"{LIST}new/", {"subject": "Par l’affaire", "deal": deal.pk})
    seller.post(f"{LIST}new/", {"subject": "Par la personne", "contact": contact.pk})
    rows = dict(Activity.objects.values_list("subject", "company"))
    assert rows == {"Par l’affaire": company.pk, "Par la personne": company.pk}
    assert Activity.objects.get(subject="Par l’affaire").contact == contact
    assert "Par l’affaire" in seller.get(f"/crm/companies/{company.pk}/").content.decode()


def test_another_company_than_the_deals_keeps_to_itself(atelier, seller):
    ours, theirs = Company.objects.create(name="Hamon"), Company.objects.create(name="Architecte")
    contact = Contact.objects.create(last_name="Le Goff", company=ours)
    deal = Deal.objects.create(name="Escalier", stage=Stage.objects.first(), company=ours, contact=contact)
    seller.post(f"{LIST}new/", {"subject": "Plans", "deal": deal.pk, "company": theirs.pk})
    row = Activity.objects.get(subject="Plans")
    assert (row.company, row.contact) == (theirs, None)


def test_a_company_that_one_does_not_see_is_not_asked_for_and_not_lost(atelier, person):
    me = person(crm="write", scope="own")
    company = Company.objects.create(name="Hamon")
    deal = Deal.objects.create(name="Escalier", stage=Stage.objects.first(), company=company, owner=me.user)
    form = me.get(f"{LIST}new/?deal={deal.pk}").context["form"]
    assert form["company"].value() is None and form["deal"].value() == deal
    blank = {"company": "", "company_text": "", "deal": deal.pk, "deal_text": "Escalier"}
    assert me.post(f"{LIST}new/", {"subject": "Relance", "owner": me.user.pk, **blank}).status_code == 302
    assert Activity.objects.get().company == company


# --- one's day ------------------------------------------------------------------------------------------------------
def test_my_day_has_what_is_mine_in_its_order(atelier, seller, person):
    other, now = person(crm="write"), timezone.now()
    noon = at(timezone.localdate(), 12)
    make("hier", owner=seller.user, due_at=noon - dt.timedelta(days=1))
    make("aujourd’hui", owner=seller.user, due_at=noon)
    make("plus tôt", owner=seller.user, due_at=noon - dt.timedelta(hours=2))
    make("demain", owner=seller.user, due_at=noon + dt.timedelta(days=1))
    make("dans dix jours", owner=seller.user, due_at=now + dt.timedelta(days=10))
    make("à un autre", owner=other.user, due_at=noon)
    assert parts(seller) == {"late": ["hier"], "today": ["plus tôt", "aujourd’hui"], "soon": ["demain"], "done": []}


def test_done_and_not_after_all(atelier, seller):
    row = make(owner=seller.user, due_at=at(timezone.localdate(), 12))
    url = f"{LIST}{row.pk}/completion/"
    done = seller.post(url, {"done": "1", "back": DAY})
    assert done.headers["Location"] == DAY and parts(seller)["done"] == ["Relance"]
    row.refresh_from_db()
    assert row.state == "done" and row.done_at is not None
    assert Event.objects.latest("pk").actor_id == seller.user.pk
    first = row.done_at
    seller.post(url, {"done": "1"})
    row.refresh_from_db()
    assert row.done_at == first, "said twice, it was done once"
    seller.post(url, {"done": "0"})
    row.refresh_from_db()
    assert (row.state, row.done_at) == ("planned", None)
    assert seller.post(url, {"done": "1", "back": "https://ailleurs.example/"}).headers["Location"].startswith(LIST)


def test_what_was_ticked_by_mistake_is_undone_from_the_message(atelier, seller):
    row = make(owner=seller.user, due_at=at(timezone.localdate(), 12))
    page = seller.post(f"{LIST}{row.pk}/completion/", {"done": "1", "back": DAY}, follow=True).content.decode()
    undo = unescape(re.search(r'<form method="post" action="([^"]*done=0[^"]*)"', page)[1])
    undone = seller.post(undo, follow=True)
    assert undone.redirect_chain == [(DAY, 302)] and "de nouveau à faire" in undone.content.decode()
    assert parts(seller)["today"] == ["Relance"] and "done=0" not in undone.content.decode()


def test_a_day_costs_the_same_queries_for_any_number_of_activities(atelier, seller):
    make(owner=seller.user)
    seller.get(DAY)  # what the first request of all learns is not counted
    few = [len(queries_of(seller, url)) for url in (DAY, CALENDAR, f"{CALENDAR}?span=month")]
    Activity.objects.bulk_create(
        [Activity(subject=f"{n}", owner=seller.user, due_at=timezone.now(), minutes=30) for n in range(60)]
    )
    many = [len(queries_of(seller, url)) for url in (DAY, CALENDAR, f"{CALENDAR}?span=month")]
    assert max(few) <= 10 and all(after <= before for after, before in zip(many, few, strict=True))


# --- the calendar ---------------------------------------------------------------------------------------------------
def test_a_week_begins_on_monday_and_has_its_days(atelier, seller):
    make("lundi", owner=seller.user, due_at=at(MONDAY, 9), minutes=60)
    make("dimanche", owner=seller.user, due_at=at(MONDAY + dt.timedelta(days=6), 23, 45), minutes=30)
    make("lundi d’après", owner=seller.user, due_at=at(MONDAY + dt.timedelta(days=7), 0))
    page = seller.get(f"{CALENDAR}?span=week&on=2026-03-26")
    days = {day.date: [entry.subject for entry in day.entries] for day in page.context["days"]}
    assert (
        min(days) == MONDAY
        and len(days) == 7
        and [name for names in days.values() for name in names] == ["lundi", "dimanche"]
    )
    first = page.context["days"][0].entries[0]
    assert (first.quarter, first.height, first.hour, first.until) == (12, 4, "9\u00a0h\u00a000", "10\u00a0h\u00a000")


def test_what_is_at_the_same_time_stands_side_by_side(atelier, seller):
    for subject, hour, minute, minutes in (("a", 9, 0, 120), ("b", 9, 30, 30), ("c", 10, 0, 30), ("d", 14, 0, 60)):
        make(subject, owner=seller.user, due_at=at(MONDAY, hour, minute), minutes=minutes)
    entries = seller.get(f"{CALENDAR}?span=day&on={MONDAY}").context["days"][0].entries
    assert {entry.subject: (entry.lane, entry.lanes) for entry in entries} == {
        "a": (0, 2), "b": (1, 2), "c": (1, 2), "d": (0, 1),
    }  # fmt: skip
    place([])


@pytest.mark.parametrize(
    "query", ["span=month&on=2026-02-30", "span=x&on=%00", "on=0001-01-01", "span=month&on=9999-12-31"]
)
def test_an_address_that_says_no_day_is_todays(atelier, seller, query):
    page = seller.get(f"{CALENDAR}?{query}")
    assert page.status_code == 200 and any(day.today for day in page.context["days"])


def test_a_month_has_whole_weeks_and_says_how_many_more(atelier, seller):
    for number in range(6):
        make(f"n{number}", owner=seller.user, due_at=at(dt.date(2026, 2, 10), 8 + number))
    page = seller.get(f"{CALENDAR}?span=month&on=2026-02-05")
    weeks = page.context["weeks"]
    assert [len(week) for week in weeks] == [7] * len(weeks) and weeks[0][0].date == dt.date(2026, 1, 26)
    day = next(day for day in page.context["days"] if day.date == dt.date(2026, 2, 10))
    assert (len(day.first), day.rest) == (3, 3) and "+ 3 autres" in page.content.decode()


def test_the_calendar_is_ones_own_unless_everybodys_is_asked_for(atelier, seller, person):
    other = person(crm="write")
    make("mienne", owner=seller.user, due_at=at(MONDAY, 9))
    make("sienne", owner=other.user, due_at=at(MONDAY, 9))

    def shown(query: str) -> set[str]:
        page = seller.get(f"{CALENDAR}?span=day&on={MONDAY}&{query}")
        return {entry.subject for day in page.context["days"] for entry in day.entries}

    assert shown("") == {"mienne"} and shown("all=1") == {"mienne", "sienne"}
    assert shown(f"owner={other.user.pk}") == {"sienne"}
    narrow = person(crm="write", scope="own")
    page = narrow.get(f"{CALENDAR}?span=day&on={MONDAY}&all=1").content.decode()
    assert "mienne" not in page and "sienne" not in page


def test_an_activity_is_put_off_by_the_wall_clock(atelier, seller, person):
    row = make(owner=seller.user, due_at=at(dt.date(2026, 3, 27), 9), remind_before=60)
    url = f"{LIST}{row.pk}/time/"
    assert seller.post(url, {"day": "2026-03-30"}).status_code == 200  # summer time began on the 29th
    row.refresh_from_db()
    assert timezone.localtime(row.due_at).hour == 9 and row.due_at == at(dt.date(2026, 3, 30), 9)
    seller.post(url, {"day": "2026-03-30", "minute": str(14 * 60 + 30)})
    row.refresh_from_db()
    assert row.due_at == at(dt.date(2026, 3, 30), 14, 30)
    for wrong in (
        {},
        {"day": "demain"},
        {"day": "2026-02-30"},
        {"day": "2026-03-30", "minute": "1440"},
        {"day": "2026-03-30", "minute": "²"},
        {"day": "0001-01-01"},
    ):
        assert seller.post(url, wrong).status_code == 400, wrong
    row.refresh_from_db()
    assert row.due_at == at(dt.date(2026, 3, 30), 14, 30)
    assert person(crm="read").post(url, {"day": "2026-03-31"}).status_code == 403
    assert person(crm="write", scope="own").post(url, {"day": "2026-03-31"}).status_code == 404


# --- reminders ------------------------------------------------------------------------------------------------------
def test_a_reminder_comes_once_by_mail_and_bell_and_again_when_put_off(atelier, seller):
    soon = timezone.now() + dt.timedelta(minutes=10)
    row = make("Appeler Hamon", owner=seller.user, due_at=soon, remind_before=15)
    make("plus tard", owner=seller.user, due_at=soon + dt.timedelta(hours=2), remind_before=15)
    make("sans rappel", owner=seller.user, due_at=soon)
    make("faite", owner=seller.user, due_at=soon, remind_before=15, state="done", done_at=timezone.now())
    make("à personne", due_at=soon, remind_before=15)
    assert (remind(), remind()) == (1, 0)
    told = Notification.objects.get()
    assert told.person == seller.user and "« Appeler Hamon »" in told.text and told.url == f"{LIST}{row.pk}/"
    assert OutgoingMail.objects.get().recipient == seller.user.email
    seller.post(f"{LIST}{row.pk}/time/", {"day": f"{timezone.localdate(soon + dt.timedelta(minutes=3))}", "minute": ""})
    Activity.objects.filter(pk=row.pk).update(due_at=soon + dt.timedelta(minutes=3))
    assert (remind(), remind()) == (1, 0)
    choose(seller.user, "crm-reminder", Channel.NONE)
    Activity.objects.filter(pk=row.pk).update(due_at=soon + dt.timedelta(minutes=1))
    assert (remind(), remind(), Notification.objects.count()) == (1, 0, 2)


def test_only_clients_with_something_to_remind_are_woken(atelier, horizon, seller, monkeypatch):
    woken = []
    monkeypatch.setattr("crm.tasks.remind_here.delay", lambda: woken.append(connection.schema_name))
    make(owner=seller.user, due_at=timezone.now() + dt.timedelta(minutes=5), remind_before=15)
    with tenant_context(horizon):
        make(due_at=timezone.now() + dt.timedelta(hours=5), remind_before=15)
    with schema_context("public"):
        remind_due.delay()
    assert woken == [atelier.schema_name]


# --- the feed -------------------------------------------------------------------------------------------------------
def feed_of(someone) -> str:
    page = someone.post(FEED)
    assert page.status_code == 200
    return "/" + page.context["address"].split("/", 3)[3]


def test_the_feed_is_an_icalendar_of_what_is_mine(atelier, seller, person):
    other = person(crm="write")
    company = Company.objects.create(name="Hamon; Fils, « été »")
    deal = Deal.objects.create(name="Escalier", stage=Stage.objects.first())
    visit = make("Visite, cotes\nBEGIN:VEVENT", kind="visit", owner=seller.user, company=company, deal=deal, location="12 rue du Port, Brest",
                 due_at=timezone.now().replace(microsecond=0) + dt.timedelta(days=2), minutes=90, remind_before=60)  # fmt: skip
    make("Chiffrer", owner=seller.user)
    make("d’un autre", owner=other.user)
    make("ancienne", owner=seller.user, due_at=timezone.now() - dt.timedelta(days=90))
    url = feed_of(seller)
    answer = visitor(atelier).get(url)
    assert answer.status_code == 200 and answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert "no-store" in answer.headers["Cache-Control"]
    calendar = Calendar.from_ical(answer.content)
    assert calendar["VERSION"] == "2.0" and not calendar.errors
    events = {str(event["SUMMARY"]): event for event in calendar.walk("VEVENT")}
    assert set(events) == {"Visite, cotes BEGIN:VEVENT", "Chiffrer"}
    event = events["Visite, cotes BEGIN:VEVENT"]
    assert not event.errors and event.decoded("DTSTART") == visit.due_at
    assert event.decoded("DTEND") - event.decoded("DTSTART") == dt.timedelta(minutes=90)
    assert "Hamon; Fils, « été »" in str(event["DESCRIPTION"]) and str(event["LOCATION"]) == "12 rue du Port, Brest"
    assert str(event["UID"]) == f"activity-{visit.pk}@{atelier.host}" and event["URL"].endswith(f"{LIST}{visit.pk}/")
    (alarm,) = event.walk("VALARM")
    assert alarm.decoded("TRIGGER") == -dt.timedelta(minutes=60)
    assert events["Chiffrer"]["TRANSP"] == "TRANSPARENT" and not events["Chiffrer"].walk("VALARM")
    assert CalendarFeed.objects.get(person=seller.user).read_at is not None


def test_the_secret_of_a_feed_is_kept_nowhere_and_dies_at_once(atelier, horizon, seller):
    url = feed_of(seller)
    token = url.rpartition("/")[2].removesuffix(".ics")
    assert token not in str(CalendarFeed.objects.values()) and token not in seller.get(FEED).content.decode()
    assert visitor(horizon).get(url).status_code == 404, "another client's"
    second = feed_of(seller)
    assert visitor(atelier).get(url).status_code == 404 and visitor(atelier).get(second).status_code == 200
    assert visitor(atelier).post(second).status_code == 405
    seller.post(FEED, {"revoke": "1"})
    assert visitor(atelier).get(second).status_code == 404
    third = feed_of(seller)
    seller.user.roles.clear()
    assert visitor(atelier).get(third).status_code == 404, "who lost the module"
    for wrong in ("x", "x" * 500, "%00"):
        assert visitor(atelier).get(reverse("crm-ics", args=[wrong])).status_code == 404


# --- what a deal shows of them --------------------------------------------------------------------------------------
def test_a_card_tells_the_next_activity_of_its_deal(atelier, seller):
    deal = Deal.objects.create(name="Escalier", stage=Stage.objects.first())
    now = timezone.now()
    make("plus tard", deal=deal, due_at=now + dt.timedelta(days=9))
    soonest = make("d’abord", deal=deal, due_at=now + dt.timedelta(days=2))
    make("faite", deal=deal, due_at=now, state="done", done_at=now)
    page = seller.get("/crm/deals/board/")
    assert page.context["columns"][0].cards[0].next_at == soonest.due_at
    record = seller.get(f"/crm/deals/{deal.pk}/").content.decode()
    assert "d’abord" in record and f"{LIST}new/?deal={deal.pk}" in record
