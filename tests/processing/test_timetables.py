"""When schedules are due: intervals, cron expressions, and the clocks' changes."""

from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from eventstreaming.exceptions import InvalidArgument
from eventstreaming.processing import timetables
from eventstreaming.processing.timetables import Timetable

ZURICH = "Europe/Zurich"


def local_times(expression: str, zone: str, start: str, count: int) -> list[str]:
    """Return the next times, as the clocks of the zone show them."""
    times = Timetable.of(cron=expression, timezone=zone)
    moment, found = datetime.fromisoformat(start).replace(tzinfo=ZoneInfo(zone)), []
    for _ in range(count):
        moment = times.after(moment) or pytest.fail("it ends")
        found.append(f"{moment.astimezone(ZoneInfo(zone)):%d %H:%M %z}")
    return found


SPRING = [
    ("30 2 * * *", ZURICH, "2026-03-28T12:00", ["29 03:00 +0200", "30 02:30 +0200"]),
    ("30 2 * * *", "America/New_York", "2026-03-08T01:00", ["08 03:00 -0400"]),
    ("15 2 * * *", "Australia/Lord_Howe", "2026-10-04T01:00", ["04 02:30 +1100"]),
    ("0 0 * * *", "America/Havana", "2026-03-07T12:00", ["08 01:00 -0400"]),
    ("*/30 * * * *", ZURICH, "2026-03-29T01:00", ["29 01:30 +0100", "29 03:00 +0200"]),
    ("*/30 2 * * *", ZURICH, "2026-03-28T12:00", ["30 02:00 +0200"]),
]
AUTUMN = [
    ("30 2 * * *", ZURICH, "2026-10-24T12:00", ["25 02:30 +0200", "26 02:30 +0100"]),
    ("30 1 * * *", "America/New_York", "2026-10-31T12:00", ["01 01:30 -0400"]),
    ("45 1 * * *", "Australia/Lord_Howe", "2026-04-04T12:00", ["05 01:45 +1100"]),
    (
        "*/30 * * * *",
        ZURICH,
        "2026-10-25T02:10",
        ["25 02:30 +0200", "25 02:00 +0100", "25 02:30 +0100", "25 03:00 +0100"],
    ),
]


@pytest.mark.parametrize(("expression", "zone", "start", "expected"), SPRING + AUTUMN)
def test_clocks_that_change(
    expression: str, zone: str, start: str, expected: list[str]
) -> None:
    assert local_times(expression, zone, start, len(expected)) == expected


def test_what_ran_in_the_first_pass_of_a_double_hour_is_not_found_in_the_second() -> (
    None
):
    times = Timetable.of(cron="30 2 * * *", timezone=ZURICH)
    second_pass = datetime(2026, 10, 25, 2, 10, tzinfo=ZoneInfo(ZURICH), fold=1)
    following = times.after(second_pass)
    assert following == datetime(2026, 10, 26, 1, 30, tzinfo=UTC)


ZONES = [ZURICH, "UTC", "America/Havana", "Australia/Lord_Howe", "Asia/Beirut"]
EXPRESSIONS = [
    "*/30 * * * *",
    "30 2 * * *",
    "0 0 * * MON",
    "5,35 0-3 * * *",
    "0 */6 * * *",
]
CHANGES = [datetime(2026, 3, 28, tzinfo=UTC), datetime(2026, 10, 24, tzinfo=UTC)]


@settings(max_examples=30, deadline=None)
@given(
    st.sampled_from(EXPRESSIONS),
    st.sampled_from(ZONES),
    st.sampled_from(CHANGES),
    st.integers(0, 3 * 86_400),
    st.integers(1, 5),
)
@example("30 2 * * *", ZURICH, CHANGES[1], 0, 3)
def test_times_do_not_depend_on_where_one_begins(
    expression: str, zone: str, change: datetime, seconds: int, count: int
) -> None:
    times = Timetable.of(cron=expression, timezone=zone)
    until = change + timedelta(days=11)  # each comes once a week at least
    all_of_them = []
    moment = change - timedelta(seconds=1)
    while (moment := times.after(moment) or until) < until:
        all_of_them.append(moment)
    assert all(one < other for one, other in pairwise(all_of_them))
    start = change + timedelta(seconds=seconds)
    later = [time for time in all_of_them if time > start]
    assert times.after(start) == later[0]
    assert (
        times.last(change - timedelta(seconds=1), start, count)
        == [time for time in all_of_them if time <= start][-count:]
    )


def test_intervals_are_counted_from_1970() -> None:
    times = Timetable.of(every=timedelta(hours=1))
    start = datetime(2026, 11, 26, 12, 30, tzinfo=ZoneInfo("Asia/Kolkata"))
    assert times.after(start) == datetime(2026, 11, 26, 8, 0, tzinfo=UTC)
    first, last = datetime(2001, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)
    assert times.last(first, last, 2) == [last - timedelta(hours=1), last]
    seconds = Timetable.of(every=1)._times(last)
    assert list(islice(seconds, 2)) == [last + timedelta(seconds=n) for n in (1, 2)]


def test_the_newest_times_of_many_years_are_found_soon() -> None:
    times = Timetable.of(cron="0 0 29 2 *", timezone="UTC")
    first, last = datetime(1970, 1, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC)
    assert [time.year for time in times.last(first, last, 2)] == [2020, 2024]
    assert len(times.last(first, last, 1_000)) == 14
    minutes = Timetable.of(cron="* * * * *", timezone=ZURICH)
    assert minutes.last(first, last, 1) == [last]


REFUSED = [
    ({}, "cron: name either"),
    ({"cron": "* * * * *", "every": 5}, "cron: name either"),
    ({"cron": 5}, "cron: must be a str"),
    ({"cron": "61 * * * *"}, "bad minute; an example"),
    ({"cron": "* * *"}, "wrong number of fields"),
    ({"cron": "0 0 30 2 *"}, "bad day-of-month"),
    ({"cron": "0 0 */20 * MON#5"}, "cron: .* never comes"),
    ({"cron": "1," * 200 + "1 * * * *"}, "at most 255 characters"),
    ({"cron": "* * * * *", "timezone": "Europe/Zürich"}, "is no time zone"),
    ({"cron": "* * * * *", "timezone": "../etc/passwd"}, "is no time zone"),
    ({"cron": "* * * * *", "timezone": "Europe"}, "is no time zone"),
    ({"cron": "* * * * *", "timezone": 1}, "timezone: must be a str"),
    ({"every": 0}, "every: must be between 1 and"),
    ({"every": 1.5}, "every: must be whole seconds"),
    ({"every": timedelta(days=400)}, "every: must be between"),
    ({"every": "60"}, "every: must be seconds or a timedelta"),
]


@pytest.mark.parametrize(("declared", "problem"), REFUSED)
def test_what_is_refused(declared: dict[str, object], problem: str) -> None:
    with pytest.raises(InvalidArgument, match=problem):
        Timetable.of(**declared)  # type: ignore[arg-type]


def test_intervals_do_without_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timetables, "cronsim", None)
    assert str(Timetable.of(every=90)) == "every 0:01:30"
    with pytest.raises(InvalidArgument, match=r"django-eventstreaming\[cron\]"):
        Timetable.of(cron="* * * * *")
