"""Each client's calendar: what the database refuses, what is read, and that nothing stays behind."""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.http import HttpResponse
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django_tenants.utils import schema_context, tenant_context

from core.business_time import BusinessCalendar, Closing, Window, Zone
from core.business_time.of_client import (
    DEFAULT_WINDOWS,
    KeepCalendars,
    calendar_of_client,
    calendars_kept,
    forget_calendar,
)  # fmt: skip
from core.models import CalendarSettings, Closure, Event, OpeningWindow
from tenants.routers import NoActiveClient
from tests.core.calendars import day


@pytest.fixture
def hours(atelier):
    """Monday, in two windows; the last week of the year off, Christmas Eve from noon; Strasbourg's holidays."""
    OpeningWindow.objects.create(weekday=0, opens=840, closes=1080)
    OpeningWindow.objects.create(weekday=0, opens=540, closes=720)
    Closure.objects.create(first_day=day("2026-12-28"), last_day=day("2027-01-03"), reason="Congés")
    Closure.objects.create(first_day=day("2026-12-24"), last_day=day("2026-12-24"), starts=720)
    CalendarSettings.objects.create(zone=Zone.ALSACE_MOSELLE, midday=750)


def queries() -> int:
    with CaptureQueriesContext(connection) as captured:
        calendar_of_client()
    return len(captured)


def test_the_calendar_is_what_was_entered(hours):
    assert calendar_of_client() == BusinessCalendar(
        (Window(0, 540, 720), Window(0, 840, 1080)),
        (Closing(day("2026-12-24"), day("2026-12-24"), 720), Closing(day("2026-12-28"), day("2027-01-03"))),
        Zone.ALSACE_MOSELLE,
        750,
    )


def test_a_client_that_entered_nothing_works_35_hours(atelier):
    assert calendar_of_client() == BusinessCalendar(DEFAULT_WINDOWS)


def test_two_queries_then_none_within_a_request(hours):
    assert queries() == 2
    seen = []

    def view(request):
        seen.extend([queries(), queries()])
        forget_calendar()
        seen.append(queries())
        return HttpResponse()

    for _twice in range(2):
        KeepCalendars(view)(RequestFactory().get("/"))
    assert seen == [2, 0, 2] * 2  # and nothing is left from one request to the next
    assert queries() == 2


def test_what_is_kept_is_each_clients_own(hours, atelier, horizon):
    with calendars_kept():
        ours = calendar_of_client()
        with tenant_context(horizon):
            assert calendar_of_client() == BusinessCalendar(DEFAULT_WINDOWS)
        assert calendar_of_client() is ours
        with schema_context("public"), pytest.raises(NoActiveClient):
            calendar_of_client()


REFUSED = [
    (OpeningWindow(weekday=0, opens=600, closes=600), "La fermeture doit suivre l’ouverture."),
    (OpeningWindow(weekday=0, opens=700, closes=600), "La fermeture doit suivre l’ouverture."),
    (OpeningWindow(weekday=0, opens=-1, closes=600), "Une plage tient dans une journée"),
    (OpeningWindow(weekday=0, opens=1080, closes=1441), "Une plage tient dans une journée"),
    (OpeningWindow(weekday=0, opens=719, closes=800), "chevauche une autre du même jour"),
    (OpeningWindow(weekday=7, opens=0, closes=60), "window_weekday_known"),
    (Closure(first_day=day("2026-05-02"), last_day=day("2026-05-01")), "Le dernier jour doit suivre le premier."),
    (
        Closure(first_day=day("2026-05-02"), last_day=day("2026-05-02"), starts=720, ends=720),
        "Les heures vont de 00:00",
    ),
    (Closure(first_day=day("2026-05-02"), last_day=day("2026-05-02"), ends=1500), "Les heures vont de 00:00"),
    (CalendarSettings(zone="corse"), "calendar_zone_known"),
    (CalendarSettings(midday=1440), "Le milieu de journée"),
    (CalendarSettings(id=2), "one_calendar"),
]


@pytest.mark.parametrize(("row", "message"), REFUSED)
def test_nonsense_is_refused_by_the_form_in_french_and_by_the_database(atelier, row, message):
    OpeningWindow.objects.create(weekday=0, opens=540, closes=720)
    with pytest.raises(ValidationError, match=message):
        row.validate_constraints()
    with pytest.raises(IntegrityError), transaction.atomic():
        row.save(force_insert=True)


def test_windows_may_touch_and_repeat_on_other_days(hours):
    OpeningWindow.objects.create(weekday=0, opens=720, closes=840)
    OpeningWindow.objects.create(weekday=1, opens=0, closes=1440)
    OpeningWindow.objects.create(weekday=6, opens=0, closes=1440)
    assert calendar_of_client().parts(day("2026-06-01")) == ((540, 720), (720, 840), (840, 1080))


def test_a_change_of_hours_has_its_history(hours):
    OpeningWindow.objects.filter(opens=540).update(opens=480)
    assert Event.objects.filter(model="core.openingwindow").values_list("kind", flat=True).last() == "updated"
    assert Event.objects.filter(model="core.calendarsettings").exists()


def test_rows_name_themselves(hours):
    assert {str(row) for row in OpeningWindow.objects.all()} == {"lundi 09:00–12:00", "lundi 14:00–18:00"}
    assert [str(row) for row in Closure.objects.all()] == ["24/12/2026–24/12/2026 12:00–24:00", "28/12/2026–03/01/2027"]
    assert str(CalendarSettings.objects.get()) == "Alsace-Moselle"
