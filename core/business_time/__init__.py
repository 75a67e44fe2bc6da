"""Working time: opening hours, public holidays, half-days and legal periods, always on the wall clock of Paris.

Days are dates, instants are aware datetimes, times of day are minutes since midnight on the wall clock (0 to 1440).
How modules use it: core/README.md, « Temps ouvré et numéros ».
"""

from core.business_time.calendar import BusinessCalendar, Closing, OutsideCalendar, Window
from core.business_time.deadlines import end_of_day, legal_calendar, legal_month_end
from core.business_time.half_days import Half, day_of, half_of, int8range, overlap, slot, slots, slots_of_days
from core.business_time.paris import PARIS, paris_day
from core.business_time.public_holidays import Zone, public_holidays

__all__ = [
    "PARIS",
    "BusinessCalendar",
    "Closing",
    "Half",
    "OutsideCalendar",
    "Window",
    "Zone",
    "day_of",
    "end_of_day",
    "half_of",
    "int8range",
    "legal_calendar",
    "legal_month_end",
    "overlap",
    "paris_day",
    "public_holidays",
    "slot",
    "slots",
    "slots_of_days",
]
