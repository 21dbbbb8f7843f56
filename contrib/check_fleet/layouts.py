"""Layouts by their names and in words, and which numbers their IDs can be.

This is src/bits/layout_text.c and src/bits/layout_overlap.c in another language, so that no server is needed.
test/t/064_check_fleet.pl compares both, and PRESETS, with a server.
"""

import datetime
import re
from collections import namedtuple

# The view snowflake_layouts, as of the version that this script came with.
PRESETS = """
default         time 41 bits of 1 ms since 2020-01-01, datacenter 5, worker 5, sequence 12
wide            time 41 bits of 1 ms since 2020-01-01, worker 4, sequence 18
widest          time 41 bits of 1 ms since 2020-01-01, sequence 22
js53            unused 10, time 41 bits of 1 ms since 2020-01-01, worker 5, sequence 7
fleet           time 41 bits of 1 ms since 2020-01-01, worker 10, sequence 12
twitter         time 41 bits of 1 ms since 2010-11-04 01:42:54.657, datacenter 5, worker 5, sequence 12
leaf            time 41 bits of 1 ms since 2010-11-04 01:42:54.657, worker 10, sequence 12
clickhouse      time 41 bits of 1 ms since 1970-01-01, worker 10, sequence 12
discord         time 42 bits of 1 ms since 2015-01-01, datacenter 5, worker 5, sequence 12
instagram       time 41 bits of 1 ms since 2011-08-24 21:07:01.721, shard 13, sequence 10
tiktok          time 32 bits of 1 s since 1970-01-01, sequence 10, shard 22
weibo           time 41 bits of 1 s since 1986-05-03 05:51:03, datacenter 4, sequence 18
bilibili        time 32 bits of 1 s since 2017-06-30 16:00:00, shard 12, sequence 20
sonyflake       time 39 bits of 10 ms since 2014-09-01, sequence 8, worker 16
sonyflake2      time 39 bits of 10 ms since 2025-01-01, sequence 8, worker 16
baidu           time 28 bits of 1 s since 2016-05-19 16:00:00, worker 22, sequence 13
baidu29         time 29 bits of 1 s since 2016-09-19 16:00:00, worker 21, sequence 13
mastodon        time 48 bits of 1 ms since 1970-01-01, sequence 16
pixelfed        time 41 bits of 1 ms since 2019-02-10, datacenter 5, worker 5, sequence 12
pgedge          time 41 bits of 1 ms since 2023-01-01, worker 10, sequence 12
pgedge1         time 41 bits of 1 ms since 2023-01-01, sequence 12, worker 10
timeshard       time 40 bits of 1 ms since 2016-10-06 23:22:19.634, shard 10, sequence 14
cockroach       time 48 bits of 10 us since 2015-01-01, worker 15
tso             time 46 bits of 1 ms since 1970-01-01, sequence 18
mysql           worker 8, time 32 bits of 1 s since 1970-01-01, sequence 24
sentry          unused 10, datacenter 5, time 32 bits of 1 s since 2022-04-26, shard 12, sequence 4
yitter          time 51 bits of 1 ms since 2020-02-19 18:20:02, worker 6, sequence 6
shardingsphere  time 41 bits of 1 ms since 2016-11-01, worker 10, sequence 12
seata           worker 10, time 41 bits of 1 ms since 2020-05-02 16:00:00, sequence 12
hazelcast       time 41 bits of 1 ms since 2018-01-01, sequence 6, worker 16
cosid           time 41 bits of 1 ms since 2019-12-24 16:00:00, worker 10, sequence 12
influxdb        time 42 bits of 1 ms since 2017-04-09, worker 10, sequence 12
pgdog           time 41 bits of 1 ms since 2025-11-26 19:13:15, worker 10, sequence 12
hybrid          slab 32, time 16 bits of 1 s since 1970-01-01, sequence 16
"""


class Invalid(Exception):
    """A value that no server accepts, and why."""


FIELDS = ("time", "sequence", "datacenter", "worker", "shard", "slab")
MOST_BITS = {"time": 63, "slab": 62}
TICK_UNITS = {"us": 1, "ms": 1000, "s": 1000000, "min": 60000000}
DAY_US = 86400 * 1000000
LONGEST_TICK_US = 1000000
PART = re.compile(
    r"\s*(?P<field>time|datacenter|worker|shard|slab|sequence|unused)\s*(?P<bits>\d{1,2})\s*(bits?)?"
    r"(\s*of\s*(?P<tick>\d{1,9})\s*(?P<unit>us|ms|s|min)\s*since\s*(?P<date>\d{1,4}-\d{1,2}-\d{1,2})"
    r"([T\s]\s*((?P<hour>\d{1,2}):(?P<minute>\d{1,2})(:(?P<second>\d{1,2})(\.(?P<fraction>\d{1,6}))?)?)?)?"
    r"\s*(UTC|Z)?)?\s*", re.IGNORECASE | re.ASCII)

# text has the words in which it was read; bits and shift have all FIELDS, 0 for those that the layout lacks.
Layout = namedtuple("Layout", "words tick_us epoch_ticks bits shift")


def mask(layout, field):
    return (1 << layout.bits[field]) - 1 << layout.shift[field]


def most(layout, field):
    """The largest value of a field in an ID that is not negative."""
    has_sign = layout.shift[field] + layout.bits[field] == 64
    return (1 << layout.bits[field] - has_sign) - 1


def days_since_1970(date):
    """Days of the Gregorian calendar, up to the year 9999."""
    year, month, day = map(int, date.split("-"))
    try:
        days = (datetime.date(year, month, day) - datetime.date(1970, 1, 1)).days
    except ValueError:
        days = -1
    if days < 0:
        raise Invalid(f"There is no day {date} from 1970 on.")
    return days


def epoch_us(part):
    hour, minute, second = (int(part[name] or 0) for name in ("hour", "minute", "second"))
    if hour > 23 or minute > 59 or second > 59:
        raise Invalid("The epoch's time of day must be from 00:00 to 23:59:59.999999.")
    fraction = int((part["fraction"] or "").ljust(6, "0"))
    return days_since_1970(part["date"]) * DAY_US + ((hour * 60 + minute) * 60 + second) * 1000000 + fraction


def read_time(part):
    """The length of a tick, and the epoch in ticks."""
    tick_us = int(part["tick"]) * TICK_UNITS[part["unit"].lower()]
    if not 1 <= tick_us <= DAY_US:
        raise Invalid("A tick must be from 1 us to a day.")
    if epoch_us(part) % tick_us:
        raise Invalid("The epoch is not at the start of a tick.")
    return tick_us, epoch_us(part) // tick_us


def read_parts(words):
    """Fields from high to low with their bits, a tick and an epoch."""
    parts, time = [], None
    for text in words.split(","):
        part = PART.fullmatch(text)
        if part is None or (part["field"].lower() == "time") != (part["date"] is not None):
            raise Invalid(f'It is neither the name of a layout nor one in words: "{text.strip()}" is no field of it.')
        field, bits = part["field"].lower(), int(part["bits"])
        if field != "unused" and not 1 <= bits <= MOST_BITS.get(field, 31):
            raise Invalid(f'Field "{field}" has {bits} bits.')
        if field != "unused" and field in dict(parts):
            raise Invalid(f'There are two fields "{field}".')
        parts.append((field, bits))
        time = read_time(part) if field == "time" else time
    if time is None:
        raise Invalid('There is no field "time".')
    return parts, time


def read_words(words):
    parts, (tick_us, epoch_ticks) = read_parts(words)
    below = total = sum(bits for _, bits in parts)
    if total not in (63, 64):
        raise Invalid(f"The fields add up to {total} bits; they must add up to 64, or to 63 without the sign bit.")
    shift = dict.fromkeys(FIELDS, 0)
    for field, bits in parts:
        below -= bits
        shift[field] = below
    widths = {field: dict(parts).get(field, 0) for field in FIELDS}
    shift.pop("unused", None)
    layout = Layout(" ".join(words.split()), tick_us, epoch_ticks, widths, shift)
    usable = most(layout, "time").bit_length()
    if usable == 0:
        raise Invalid("The only bit of the time is the sign bit.")
    if shift["sequence"] > shift["time"]:
        raise Invalid("The sequence is above the time, so IDs would not increase.")
    if usable > 62 or (epoch_ticks + (1 << usable)) * tick_us >= 2**63:
        raise Invalid("The time reaches beyond the year 294246, where timestamps end.")
    return layout


def read_layout(text, presets):
    """A layout that a server's own IDs can have, by its name or in words."""
    layout = read_words(presets.get(text.strip().lower(), text))
    if layout.tick_us > LONGEST_TICK_US:
        raise Invalid("Its ticks are longer than a second.")
    if layout.bits["shard"] or layout.bits["slab"]:
        raise Invalid("Its shard or slab distinguishes generators, so it is only for snowflake_create_generator().")
    return layout


def same_layout(one, other):
    return one[1:] == other[1:]


def frame(layout):
    """Layouts of one frame read the same time and sequence from an ID."""
    return (layout.tick_us, layout.epoch_ticks, layout.shift["time"], layout.shift["sequence"], layout.bits["sequence"])


# ---------------------------------------------------------------------------------------------------- numbers
# What IDs have in common: the bits in fixed are those of value.
Numbers = namedtuple("Numbers", "layout fixed value")


def node_numbers(layout, datacenter, worker):
    """The IDs of a node; of all workers if worker is None."""
    fixed = ~(mask(layout, "time") | mask(layout, "sequence")) & 2**64 - 1
    if worker is None:
        fixed &= ~mask(layout, "worker")
    value = datacenter << layout.shift["datacenter"] & mask(layout, "datacenter")
    return Numbers(layout, fixed, value | (worker or 0) << layout.shift["worker"] & mask(layout, "worker"))


def may_be_equal(one, other):
    return (one.value ^ other.value) & one.fixed & other.fixed == 0


def has_same_rate(one, other):
    return one.tick_us << other.shift["time"] == other.tick_us << one.shift["time"]


def same_pace(one, other):
    """If IDs can be equal: are they so only if they are issued at the same time?"""
    def end(numbers):
        return numbers.layout.shift["time"] + numbers.layout.bits["time"]

    narrow, wide = (one, other) if end(one) <= end(other) else (other, one)
    above = mask(wide.layout, "time") >> end(narrow) << end(narrow)
    distance_us = narrow.layout.epoch_ticks * narrow.layout.tick_us - wide.layout.epoch_ticks * wide.layout.tick_us
    if not has_same_rate(one.layout, other.layout) or above & ~narrow.fixed:
        return False
    lives = (narrow.value & above) >> end(narrow)
    return distance_us == lives * (narrow.layout.tick_us << narrow.layout.bits["time"])
