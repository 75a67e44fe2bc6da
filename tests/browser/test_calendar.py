"""The calendar in a browser: an activity moved by the keyboard and by the pointer; done from one's day."""

import datetime as dt

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from core.accounts.models import User
from crm.models import Activity
from tests.browser.judging import SIZES, problems_of

WEEK = "/crm/activities/calendar/?span=week&on=2026-03-25"
TUESDAY = dt.date(2026, 3, 24)


@pytest.fixture
def activities(instance):
    with instance.rows():
        sales = User.objects.get(email=f"sales@{instance.client.code}.example")

        def make(subject, day, hour, minutes, **fields):
            due = timezone.make_aware(dt.datetime.combine(day, dt.time(hour)))
            Activity.objects.create(subject=subject, due_at=due, minutes=minutes, owner=sales, **fields)

        make("Prise de cotes", TUESDAY, 9, 90)
        make("Point chantier", TUESDAY, 10, 60)
        make("Chiffrer le lot", TUESDAY, 8, 0)
        make("Rappeler Hamon", timezone.localdate(), 12, 15)
        make("Envoyer le devis", timezone.localdate() - dt.timedelta(days=3), 12, 0)


def when(instance, subject) -> dt.datetime:
    with instance.rows():
        return timezone.localtime(Activity.objects.get(subject=subject).due_at).replace(tzinfo=None)


def entry(page, subject):
    return page.locator(".calendar .entry", has_text=subject)


def test_an_activity_is_moved_by_keyboard_and_by_pointer(instance, activities):
    page = instance.page
    instance.sign_in("sales", "/")
    instance.open(WEEK)
    expect(page.locator("activity-calendar[data-ready]")).to_be_visible()
    cotes = entry(page, "Prise de cotes")
    cotes.focus()
    for key in ("Space", "ArrowRight", "ArrowDown", "Escape"):
        page.keyboard.press(key)
    expect(page.locator("[data-live]")).to_have_text("Déplacement annulé")
    for key in ("Space", "ArrowRight", "ArrowRight", "ArrowDown"):
        page.keyboard.press(key)
    expect(page.locator("[data-live]")).to_have_text("jeudi 26 mars, 9\u00a0h\u00a030")
    with page.expect_response("**/time/"):
        page.keyboard.press("Space")
    expect(page.locator('.day[data-day="2026-03-26"] .entry')).to_contain_text("Prise de cotes")
    assert when(instance, "Prise de cotes") == dt.datetime(2026, 3, 26, 9, 30)
    expect(cotes).to_be_focused()
    # By the pointer, to Friday, two hours later.
    box = entry(page, "Point chantier").bounding_box()
    friday = page.locator('.day[data-day="2026-03-27"] .grid').bounding_box()
    hour = friday["height"] / 16
    page.mouse.move(box["x"] + 10, box["y"] + 5)
    page.mouse.down()
    for step in range(1, 7):
        page.mouse.move(box["x"] + 10 + (friday["x"] + 30 - box["x"]) * step / 6, box["y"] + 5 + 2 * hour * step / 6)
    with page.expect_response("**/time/"):
        page.mouse.up()
    expect(page.locator('.day[data-day="2026-03-27"] .entry')).to_contain_text("Point chantier")
    assert when(instance, "Point chantier") == dt.datetime(2026, 3, 27, 12, 0)
    # A press that does not move opens the record.
    entry(page, "Chiffrer le lot").click()
    expect(page.get_by_role("heading", name="Chiffrer le lot")).to_be_visible()
    # In a month, days and weeks.
    instance.open("/crm/activities/calendar/?span=month&on=2026-03-25")
    expect(page.locator("activity-calendar[data-ready]")).to_be_visible()
    entry(page, "Chiffrer le lot").focus()
    for key in ("Space", "ArrowDown", "ArrowLeft"):
        page.keyboard.press(key)
    with page.expect_response("**/time/"):
        page.keyboard.press("Space")
    expect(page.locator('td[data-day="2026-03-30"] .entry')).to_contain_text("Chiffrer le lot")
    assert when(instance, "Chiffrer le lot") == dt.datetime(2026, 3, 30, 8, 0)


def test_a_double_press_on_an_empty_place_begins_an_activity_there(instance, activities):
    page = instance.page
    instance.enter("sales", WEEK)
    expect(page.locator("activity-calendar[data-ready]")).to_be_visible()
    grid = page.locator('.day[data-day="2026-03-26"] .grid')
    hour = grid.bounding_box()["height"] / 16
    grid.dblclick(position={"x": 40, "y": 8.6 * hour})  # the grid begins at six
    expect(page.get_by_label("Échéance")).to_have_value("2026-03-26T14:30")
    page.get_by_label("Objet").fill("Réception du chantier")
    page.get_by_role("button", name="Créer la fiche").click()
    expect(page.get_by_role("heading", name="Réception du chantier")).to_be_visible()
    assert when(instance, "Réception du chantier") == dt.datetime(2026, 3, 26, 14, 30)
    instance.open("/crm/activities/calendar/?span=month&on=2026-03-25")
    expect(page.locator("activity-calendar[data-ready]")).to_be_visible()
    page.locator('td[data-day="2026-03-31"]').dblclick()
    expect(page.get_by_label("Échéance")).to_have_value("2026-03-31T09:00")
    page.go_back()
    entry(page, "Prise de cotes").first.dblclick()  # what is there is opened
    expect(page.get_by_role("heading", name="Prise de cotes")).to_be_visible()


def test_a_finger_scrolls_and_moves_an_activity_once_it_has_stayed(instance, activities):
    page = instance.page
    instance.sign_in("sales", "/")
    instance.open(WEEK)
    expect(page.locator("activity-calendar[data-ready]")).to_be_visible()
    session = page.context.new_cdp_session(page)
    session.send("Emulation.setTouchEmulationEnabled", {"enabled": True})

    def finger(kind, x=0.0, y=0.0):
        points = [] if kind == "touchEnd" else [{"x": x, "y": y}]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    cotes = entry(page, "Prise de cotes")
    box = cotes.bounding_box()
    friday = page.locator('.day[data-day="2026-03-27"]').bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + 8
    finger("touchStart", x, y)
    for step in range(1, 6):
        finger("touchMove", x, y - 20 * step)
    finger("touchEnd")
    expect(page.locator(".entry-ghost")).to_have_count(0)
    assert when(instance, "Prise de cotes") == dt.datetime(2026, 3, 24, 9)

    instance.open(WEEK)
    expect(page.locator("activity-calendar[data-ready]")).to_be_visible()
    finger("touchStart", x, y)
    expect(page.locator(".entry-ghost")).to_be_visible()  # it stayed
    finger("touchMove", x + 40, y)
    finger("touchMove", friday["x"] + friday["width"] / 2, y)
    expect(page.locator('.day.over[data-day="2026-03-27"], [data-day="2026-03-27"] .over')).to_have_count(1)
    with page.expect_response("**/time/"):
        finger("touchEnd")
    expect(page.locator('.day[data-day="2026-03-27"] .entry')).to_contain_text("Prise de cotes")
    assert when(instance, "Prise de cotes") == dt.datetime(2026, 3, 27, 9)
    assert page.url.endswith(WEEK)  # no link was followed


def test_the_calendar_opens_at_the_morning_and_at_today(instance, activities, monkeypatch):
    """What the days' names and the untimed band could hide is below them, and the hours are beside their lines."""
    page = instance.page
    monkeypatch.setattr("crm.calendar.timezone.localdate", lambda *_: TUESDAY + dt.timedelta(days=4))  # a Saturday
    instance.enter("sales", WEEK)
    expect(page.locator("activity-calendar[data-ready]")).to_be_visible()

    def box(selector):
        return page.locator(selector).first.bounding_box()

    names, band, corner, wrap = box(".hours h3"), box(".untimed"), box(".corner"), box(".hours-wrap")
    assert page.locator(".hours-wrap").evaluate("e => e.scrollTop") > 0
    assert abs(names["y"] - wrap["y"]) <= 1
    below = band["y"] + band["height"]
    assert abs(corner["y"] + corner["height"] - below) <= 1
    assert entry(page, "Chiffrer le lot").bounding_box()["y"] >= names["y"] + names["height"]
    assert entry(page, "Prise de cotes").bounding_box()["y"] >= below
    seven = page.locator(".scale li", has_text="7 h").first.bounding_box()
    assert abs(seven["y"] - below) <= 1
    assert abs(seven["y"] - box(".grid")["y"] - box(".grid")["height"] / 16) <= 1

    # On a phone it opens with the whole column of today, beside the hours.
    page.set_viewport_size(SIZES["phone"])
    page.reload()
    expect(page.locator("activity-calendar[data-ready]")).to_be_visible()
    today, hours = box(".day.today"), box(".scale")
    assert hours["x"] >= 0
    assert today["x"] >= hours["x"] + hours["width"] - 1
    assert today["x"] + today["width"] <= SIZES["phone"]["width"] + 1
    assert page.evaluate("document.documentElement.scrollWidth") == SIZES["phone"]["width"]
    # An entry that was moved leaves that in sight.
    left = page.locator(".hours-wrap").evaluate("e => e.scrollLeft")
    page.evaluate("document.querySelector('activity-calendar').refresh()")
    assert page.locator(".hours-wrap").evaluate("e => e.scrollLeft") == left > 0


def test_what_is_done_is_ticked_from_ones_day(instance, activities):
    page = instance.page
    instance.sign_in("sales", "/crm/activities/day/")
    page.get_by_role("button", name="« Envoyer le devis » est faite").click()
    expect(page.locator(".part-done")).to_contain_text("Envoyer le devis")
    expect(page.locator(".part-late")).not_to_contain_text("Envoyer le devis")


def test_the_pages_of_activities_are_fit_for_everybody(instance, activities):
    page = instance.page
    instance.enter("sales", "/crm/activities/day/")
    found = problems_of(page, "day")
    for path in (WEEK, "/crm/activities/calendar/?span=month&on=2026-03-25", "/crm/feed/"):
        instance.open(path)
        found += problems_of(page, path)
    assert found == []
