"""Times become the text that isoformat() writes."""

from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from eventstreaming.events.moments import moment_text, moment_texts

ZONES = st.sampled_from([UTC, timezone(timedelta(hours=-3, minutes=-30)), timezone.max])
AWARE = st.datetimes(timezones=ZONES)


@given(st.lists(AWARE, max_size=5), st.lists(st.datetimes(timezones=st.just(UTC))))
def test_times_are_written_as_isoformat_does(
    mixed: list[datetime], utc: list[datetime]
) -> None:
    for times in (mixed, utc, [*utc, *mixed]):
        expected = [time.isoformat() for time in times]
        assert list(map(moment_text, times)) == expected
        assert moment_texts(times) == expected
