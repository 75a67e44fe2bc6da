"""Periods in months as Regulation (EEC, Euratom) 1182/71 counts them: GDPR 12(3) and whatever else is European law."""

import datetime as dt
from calendar import monthrange
from functools import cache

from core.business_time.calendar import BusinessCalendar
from core.business_time.paris import midnight, moment, paris_day
from core.business_time.public_holidays import Zone


@cache  # of facts, the same for everyone
def legal_calendar(zone: str = Zone.FRANCE) -> BusinessCalendar:
    """The law's working days (1182/71, Art. 2(2)): all but Saturdays, Sundays and public holidays; bridges count."""
    return BusinessCalendar.of_weekdays(range(5), zone)


def legal_month_end(received: dt.date | dt.datetime, *, months: int = 1, zone: str = Zone.FRANCE) -> dt.date:
    """The last day of a period of months from an event, included: it ends with that day (`end_of_day`).

    Art. 3(1): the day of the event does not count. Art. 3(2)(c): the period ends with the day of the same number, or
    the month's last where there is none. Art. 3(4): on a Saturday, Sunday or public holiday, with the next working
    day. An extension is counted from the same event: GDPR 12(3)'s two further months make `months=3`. A moment is
    taken at its day in Paris. Raises ValueError if `months` is not positive.
    """
    if months < 1:
        raise ValueError("un délai compte au moins un mois")
    day = paris_day(received)
    years, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month + 1
    return legal_calendar(zone).working_day_from(dt.date(year, month, min(day.day, monthrange(year, month)[1])))


def end_of_day(day: dt.date) -> dt.datetime:
    """The moment (UTC) at which a day is over in Paris: what happens before it is in time."""
    return moment(midnight(day + dt.timedelta(days=1)))
