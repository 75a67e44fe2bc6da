"""The active client's calendar, read once a request.

What is kept lies in the request's own context and under the client's schema: it ends with the request and is never
another client's. Outside a request (tasks, commands) it is read at each call, unless within `calendars_kept()`.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.db.models import IntegerField, Value
from django.http import HttpRequest, HttpResponse

from core.business_time.calendar import BusinessCalendar, Closing, Window
from core.place import active_schema

# Of a client that entered no window: 35 hours, Monday to Friday.
DEFAULT_WINDOWS = tuple(
    Window(weekday, start, end) for weekday in range(5) for start, end in ((9 * 60, 12 * 60), (14 * 60, 18 * 60))
)
_kept: ContextVar[dict[str, BusinessCalendar] | None] = ContextVar("calendars", default=None)


def calendar_of_client() -> BusinessCalendar:
    """The active client's calendar; two queries, none if it is kept. Raises NoActiveClient where there is no client."""
    kept, schema = _kept.get(), active_schema()
    if kept is None:
        return _read()
    if schema not in kept:
        kept[schema] = _read()
    return kept[schema]


def forget_calendar() -> None:
    """For the action that has just changed the calendar: what follows in its request reads it again."""
    kept = _kept.get()
    if kept is not None:
        kept.pop(active_schema(), None)


@contextmanager
def calendars_kept() -> Iterator[None]:
    """Within: each client's calendar is read once. For tasks that ask it often."""
    token = _kept.set({})
    try:
        yield
    finally:
        _kept.reset(token)


class KeepCalendars:
    """Middleware: a request reads its client's calendar at most once, and only if it asks for it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with calendars_kept():
            return self.get_response(request)


def _read() -> BusinessCalendar:
    from core.models import CalendarSettings, Closure, OpeningWindow  # they use the value's constants

    once = CalendarSettings.objects.filter(pk=1).first() or CalendarSettings()
    windows = OpeningWindow.objects.order_by().annotate(
        until=Value(None, output_field=Closure._meta.get_field("last_day"))
    )
    rows = (
        Closure.objects.order_by()
        .annotate(weekday=Value(None, output_field=IntegerField()))
        .values_list("weekday", "first_day", "last_day", "starts", "ends")
        .union(windows.values_list("weekday", "until", "until", "opens", "closes"), all=True)
    )
    opened, closings = [], []
    for weekday, first, last, start, end in rows:
        if weekday is None:
            closings.append(Closing(first, last, start, end))
        else:
            opened.append(Window(weekday, start, end))
    return BusinessCalendar(tuple(opened) or DEFAULT_WINDOWS, tuple(closings), once.zone, once.midday)
