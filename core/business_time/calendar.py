"""When a company works, as a value: to ask, to add, to subtract. Times are exact to the microsecond.

    calendar = BusinessCalendar(windows=(Window(0, 540, 720), Window(0, 840, 1080)), zone=Zone.ALSACE_MOSELLE)
    due = calendar.add_working(received, dt.timedelta(hours=4))

Open means that the wall clock of Paris shows a minute of a window, on a day that is no public holiday, outside the
closings. Time is what really passes: of a window from 01:00 to 04:00, two hours in the night of March when the clock
leaps, four in that of October. A year is counted at its first use and kept in the value (some 0.3 ms).
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field

from core.business_time.half_days import SLOTS_A_DAY, day_of
from core.business_time.paris import MICROSECOND, MINUTE, instant, moment, wall
from core.business_time.public_holidays import FIRST_YEAR, LAST_YEAR, Zone, public_holidays
from core.business_time.year import Parts, Year, opened

MINUTES_A_DAY = 1440
MIDDAY = 13 * 60  # between a morning and an afternoon, unless the client says otherwise


class OutsideCalendar(ValueError):
    """The question leads out of the years that are known, or to an opening that never comes."""


@dataclass(frozen=True, order=True, slots=True)
class Window:
    """Open each week on `weekday` (Monday is 0) from `start` to `end`: minutes of the day, the end not included."""

    weekday: int
    start: int
    end: int

    def __post_init__(self) -> None:
        if not (0 <= self.weekday <= 6 and 0 <= self.start < self.end <= MINUTES_A_DAY):
            raise ValueError(f"plage d’ouverture impossible : {self}")


@dataclass(frozen=True, order=True, slots=True)
class Closing:
    """Closed on each day from `first` to `last`, both included: the whole day, or its minutes `start` to `end`."""

    first: dt.date
    last: dt.date
    start: int = 0
    end: int = MINUTES_A_DAY

    def __post_init__(self) -> None:
        if not (self.first <= self.last and 0 <= self.start < self.end <= MINUTES_A_DAY):
            raise ValueError(f"fermeture impossible : {self}")


@dataclass(frozen=True)
class BusinessCalendar:
    """Opening windows, closings and the public holidays of a zone. Equal when they are; never changes."""

    windows: tuple[Window, ...]
    closings: tuple[Closing, ...] = ()
    zone: str = Zone.FRANCE
    midday: int = MIDDAY  # minute between morning and afternoon
    _years: dict[int, Year] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "windows", tuple(sorted(self.windows)))
        object.__setattr__(self, "closings", tuple(sorted(self.closings)))
        object.__setattr__(self, "zone", Zone(self.zone).value)
        for one, other in zip(self.windows, self.windows[1:], strict=False):
            if one.weekday == other.weekday and other.start < one.end:
                raise ValueError(f"plages qui se chevauchent : {one}, {other}")
        if not 0 < self.midday < MINUTES_A_DAY:
            raise ValueError(f"milieu de journée impossible : {self.midday}")

    @classmethod
    def of_weekdays(cls, weekdays: Iterable[int] = range(5), zone: str = Zone.FRANCE) -> "BusinessCalendar":
        """Whole days: range(5) for `jours ouvrés` from Monday to Friday, range(6) for `jours ouvrables`."""
        return cls(tuple(Window(weekday, 0, MINUTES_A_DAY) for weekday in weekdays), zone=zone)

    # --- what is open ---------------------------------------------------------------------------------------------
    def parts(self, day: dt.date) -> Parts:
        """What is open of a day: (from, to) in minutes, in order. Raises OutsideCalendar for an unknown year."""
        if isinstance(day, dt.datetime):  # which Python lets pass for a date, in whatever zone it is
            raise TypeError("un jour est attendu, pas un moment : paris_day(moment)")
        if not FIRST_YEAR <= day.year <= LAST_YEAR:
            raise OutsideCalendar(f"calendrier connu de {FIRST_YEAR} à {LAST_YEAR} : {day} n’y est pas")
        if day in public_holidays(day.year, self.zone):
            return ()
        parts: Parts = tuple((w.start, w.end) for w in self.windows if w.weekday == day.weekday())
        for closing in self.closings if parts else ():
            if closing.first > day:
                break  # they are in order
            if day <= closing.last:
                parts = _without(parts, closing)
        return parts

    def is_open(self, at: dt.datetime) -> bool:
        """Whether it is open at an aware moment. A window's last instant is the one before its end."""
        day, shown = wall(at)
        return any(start * MINUTE <= shown < end * MINUTE for start, end in self.parts(day))

    def is_working_day(self, day: dt.date) -> bool:
        """Whether anything is open on that day."""
        return bool(self.parts(day))

    # --- time -----------------------------------------------------------------------------------------------------
    def working_between(self, a: dt.datetime, b: dt.datetime) -> dt.timedelta:
        """Working time from `a` to `b`, negative when `b` is earlier; from a to b and from b to c is from a to c."""
        (year_a, worked_a), (year_b, worked_b) = self._position(a), self._position(b)
        between = sum(self._year(year).time[-1] for year in range(min(year_a, year_b), max(year_a, year_b)))
        total = worked_b - worked_a + (between if year_a <= year_b else -between)
        return dt.timedelta(microseconds=total)

    def add_working(self, start: dt.datetime, duration: dt.timedelta) -> dt.datetime:
        """The first moment (UTC) at which `duration` of working time has passed since `start`.

        Negative: the last moment from which that much passes until `start`. Zero: `start`. A duration that ends with
        a window ends there, not at the next opening (`next_opening` leads on). Raises OutsideCalendar when the time
        is not found before the last year that is known.
        """
        if not duration:
            return moment(instant(start))
        year, worked = self._position(start)
        target = worked + duration // MICROSECOND
        return moment(self._reaching(year, target) if target > worked else self._leaving(year, target))

    def next_opening(self, at: dt.datetime) -> dt.datetime:
        """`at` (in UTC) if it is open then, else the moment of the next opening. Raises OutsideCalendar."""
        return moment(self._leaving(*self._position(at)))

    # --- days -----------------------------------------------------------------------------------------------------
    def next_working_day(self, day: dt.date) -> dt.date:
        """The first working day after `day`."""
        return self.add_working_days(day, 1)

    def previous_working_day(self, day: dt.date) -> dt.date:
        """The last working day before `day`."""
        return self.add_working_days(day, -1)

    def working_day_from(self, day: dt.date) -> dt.date:
        """`day` if it is worked, else the next working day: where a period that ends on `day` really ends."""
        return day if self.is_working_day(day) else self.next_working_day(day)

    def working_days_between(self, a: dt.date, b: dt.date) -> int:
        """Working days after `a` up to `b` included; negative when `b` is earlier; additive as `working_between` is."""
        (year_a, days_a), (year_b, days_b) = self._days_to(a), self._days_to(b)
        between = sum(self._year(year).days[-1] for year in range(min(year_a, year_b), max(year_a, year_b)))
        return days_b - days_a + (between if year_a <= year_b else -between)

    def add_working_days(self, day: dt.date, count: int) -> dt.date:
        """The working day that is `count` after `day`, or before it if negative; `day` itself never counts.

        Zero: `day`, worked or not. Raises OutsideCalendar.
        """
        if count == 0:
            return day
        year, reached = self._days_to(day)
        # Backwards, the day itself is not counted: the working day numbered `reached` is before it unless it is it.
        number = reached + count + (0 if count > 0 or self.is_working_day(day) else 1)
        while number > self._year(year).days[-1]:
            number -= self._year(year).days[-1]
            year += 1
        while number < 1:
            year -= 1
            number += self._year(year).days[-1]
        return self._year(year).working_day(number)

    # --- half-days ------------------------------------------------------------------------------------------------
    def is_working_slot(self, slot: int) -> bool:
        """Whether anything is open in a half-day (see core.business_time.half_days)."""
        return self.working_half_days(range(slot, slot + 1)) == 1

    def working_half_days(self, slots: range) -> int:
        """How many half-days of a range are worked: 2 half-days of leave taken on a Friday afternoon and a Monday."""
        if not slots:
            return 0
        total, first, last = 0, slots[0], slots[-1]
        for year in range(day_of(first).year, day_of(last).year + 1):
            counted = self._year(year)
            origin = counted.first * SLOTS_A_DAY
            end = min(last + 1 - origin, len(counted.halves) - 1)
            total += counted.halves[end] - counted.halves[max(first - origin, 0)]
        return total

    # --- how ------------------------------------------------------------------------------------------------------
    def _year(self, year: int) -> Year:
        counted = self._years.get(year)
        if counted is None:
            if not FIRST_YEAR <= year <= LAST_YEAR:
                raise OutsideCalendar(f"aucune ouverture trouvée de {FIRST_YEAR} à {LAST_YEAR}")
            # Two threads may both count it: they find the same.
            counted = self._years[year] = Year.count(year, self.midday, self.parts)
        return counted

    def _position(self, at: dt.datetime) -> tuple[int, int]:
        """The year, and the working time since it began."""
        day, _shown = wall(at)
        parts = self.parts(day)
        return day.year, self._year(day.year).worked(day, parts, instant(at))

    def _days_to(self, day: dt.date) -> tuple[int, int]:
        """The year, and its working days up to `day` included."""
        self.parts(day)  # refuses an unknown year
        counted = self._year(day.year)
        return day.year, counted.days[day.toordinal() - counted.first + 1]

    def _reaching(self, year: int, target: int) -> int:
        """The first instant with that much working time since the year began; `target` is above 0."""
        while target > self._year(year).time[-1]:
            target -= self._year(year).time[-1]
            year += 1
        counted = self._year(year)
        day = counted.first_day_reaching(target)
        left = target - counted.time[day.toordinal() - counted.first]
        for start, end in opened(day, self.parts(day)):
            if left <= end - start:
                return start + left
            left -= end - start
        raise AssertionError("the day reaches it")

    def _leaving(self, year: int, target: int) -> int:
        """The last instant with that much working time since the year began."""
        while target < 0:
            year -= 1
            target += self._year(year).time[-1]
        while target >= self._year(year).time[-1]:
            target -= self._year(year).time[-1]
            year += 1
        counted = self._year(year)
        day = counted.last_day_before(target)
        left = target - counted.time[day.toordinal() - counted.first]
        for start, end in opened(day, self.parts(day)):
            if left < end - start:
                return start + left
            left -= end - start
        raise AssertionError("the day goes beyond it")


def _without(parts: Parts, closing: Closing) -> Parts:
    kept = []
    for start, end in parts:
        kept += [(start, min(end, closing.start)), (max(start, closing.end), end)]
    return tuple((start, end) for start, end in kept if start < end)
