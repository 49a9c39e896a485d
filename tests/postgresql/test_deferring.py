"""Deferred appends hold a serial stream only while they commit."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from eventstreaming import EventData, append, create_stream, deferred_appends
from tests.sessions import sessions

pytestmark = pytest.mark.django_db(transaction=True)

NOTED = EventData("Noted", {})


def test_nobody_waits_for_a_block_that_goes_on() -> None:
    create_stream("hot")
    with deferred_appends() as later, sessions(1) as (other,):
        later.append("hot", NOTED)
        (event,) = other.run(append, "hot", NOTED)
        assert event.offset == 0
    assert append("hot", NOTED)[0].offset == 2


def test_a_stream_is_written_to_once_and_last() -> None:
    create_stream("hot")
    with CaptureQueriesContext(connection) as queries, deferred_appends() as later:
        for _ in range(5):
            later.append("hot", NOTED)
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    begin, other, write, commit = [query["sql"].split("(")[0] for query in queries]
    assert (begin, other, commit) == ("BEGIN", "SELECT 1", "COMMIT")
    assert "eventstreaming_append_v2" in write
