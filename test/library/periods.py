"""Periods of the calendar in time zones from 2015 to 2035, reckoned with zoneinfo.

Reads names of zones, and writes lines of zone, period, moment, start and end, with tabs between: for each zone a day
of each year, and around each time its clock is set the hours and days, and where it is set within a day of the start of
a longer period, that. What clocks have in common that always go alike, or are set alike at a time, is written once.

The reckoning is by looking at the clock each minute. A day starts when the clock first shows its date or a later one;
weeks, months, quarters and years start with days. An hour starts when the clock shows a full hour, and when it is set by
other than whole hours and then shows another hour than a minute before.
"""

import sys
from bisect import bisect_left
from datetime import date, datetime, timedelta, timezone
from functools import cache
from itertools import accumulate
from zoneinfo import ZoneInfo

UTC = timezone.utc
YEARS = range(2015, 2036)
HOUR, DAY = 60, 24 * 60  # minutes, as all below
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# How long before and after a change the clock is looked at: for midnights, and for hours.
WINDOW = 30 * HOUR
HOURS = 4 * HOUR
PROBES = (-60, -30, -1, 0, 30, 60, 90)
LONGER = ("week", "month", "quarter", "year")


def minutes(moment):
    return int((moment - EPOCH).total_seconds()) // 60


def offset(zone, at):
    return int((EPOCH + timedelta(minutes=at)).astimezone(zone).utcoffset().total_seconds()) // 60


def changes(zone):
    """(when, offset before, offset after) of each time that the clock is set; never for less than ten days."""
    found, before = [], None
    for at in range(minutes(datetime(2014, 12, 1, tzinfo=UTC)), minutes(datetime(2037, 1, 1, tzinfo=UTC)), 10 * DAY):
        after = offset(zone, at)
        if before not in (None, after):
            low, high = at - 10 * DAY, at
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (middle, high) if offset(zone, middle) == before else (low, middle)
            found.append((high, before, after))
        before = after
    return tuple(found)


class Window:
    """What a clock shows, each minute, around a change of it."""

    def __init__(self, change):
        at, before, after = change
        self.first = at - WINDOW
        shown = [*range(self.first + before, at + before), *range(at + after, at + after + WINDOW)]
        self.latest = list(accumulate(shown, max))
        self.hours = [
            self.first + i
            for i in range(WINDOW - HOURS, WINDOW + HOURS)
            if shown[i] % HOUR == 0 or ((after - before) % HOUR != 0 and shown[i] // HOUR != shown[i - 1] // HOUR)
        ]

    def day_start(self, day):
        """When the clock first shows a day, counted from 1970, or a later one; None if that is not in the window."""
        i = bisect_left(self.latest, day * DAY)
        return self.first + i if 0 < i < len(self.latest) else None

    def day_at(self, at):
        return self.latest[at - self.first] // DAY

    def hour(self, at):
        i = bisect_left(self.hours, at + 1)
        return self.hours[i - 1], self.hours[i]


window = cache(Window)


class Clock:
    def __init__(self, name):
        self.zone = ZoneInfo(name)
        self.changes = changes(self.zone)

    def day_start(self, day):
        around = (window(c).day_start(day) for c in self.changes if abs(c[0] - day * DAY) < WINDOW + DAY)
        near = next((start for start in around if start is not None), None)
        return near if near is not None else day * DAY - offset(self.zone, day * DAY)


def period_start(kind, day):
    return {
        "day": day,
        "week": day - timedelta(days=day.weekday()),
        "month": day.replace(day=1),
        "quarter": day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1),
        "year": day.replace(month=1, day=1),
    }[kind]


MORE_THAN_ONE = {"day": 1, "week": 7, "month": 31, "quarter": 92, "year": 366}


def days(clock, kind, day):
    """Start and end of the period of days that a day is in."""
    first = period_start(kind, date(1970, 1, 1) + timedelta(days=day))
    following = period_start(kind, first + timedelta(days=MORE_THAN_ONE[kind]))
    return tuple(clock.day_start(d.toordinal() - date(1970, 1, 1).toordinal()) for d in (first, following))


def text(at, microseconds=0):
    return (EPOCH + timedelta(minutes=at, microseconds=microseconds)).isoformat()


def write(name, kind, at, span, microseconds=0):
    print(name, kind, text(at, microseconds), *map(text, span), sep="\t")


def write_hours_and_days(name, clock, change):
    seen = window(change)
    for at in (change[0] + probe for probe in PROBES):
        for kind, span in (("hour", seen.hour(at)), ("day", days(clock, "day", seen.day_at(at)))):
            # The last microsecond of a minute is like its first.
            write(name, kind, at, span, 60 * 10**6 - 1 if at < change[0] else 0)


def write_longer(name, clock, change):
    seen = window(change)
    for kind in LONGER:
        near = [days(clock, kind, seen.day_at(change[0] + around)) for around in (-DAY, DAY)]
        if near[0] != near[1]:
            for probe in PROBES:
                write(name, kind, change[0] + probe, days(clock, kind, seen.day_at(change[0] + probe)))


def write_years(name, clock):
    for year in YEARS:
        noon = minutes(datetime(year, 6, 30, 12, tzinfo=UTC))
        write(name, "day", noon, days(clock, "day", (noon + offset(clock.zone, noon)) // DAY))


def main():
    clocks_seen, changes_seen = set(), set()
    for name in sys.stdin.read().split():
        clock = Clock(name)
        write_years(name, clock)
        for change in clock.changes:
            if change not in changes_seen:
                write_hours_and_days(name, clock, change)
            if clock.changes not in clocks_seen:
                write_longer(name, clock, change)
        changes_seen.update(clock.changes)
        clocks_seen.add(clock.changes)


main()
