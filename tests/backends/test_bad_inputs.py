"""Bad input gets one typed error, the same from every store, and changes nothing."""

import re
from collections.abc import Callable
from contextlib import nullcontext

import pytest
from django.db import connections, transaction
from django.test.utils import CaptureQueriesContext

from eventstreaming.backends.base import BaseEventStore
from eventstreaming.backends.database import DatabaseEventStore
from eventstreaming.backends.memory import MemoryEventStore, reset
from eventstreaming.backends.postgresql import PostgreSQLEventStore
from eventstreaming.events.arguments import excerpt
from eventstreaming.exceptions import InvalidArgument
from tests.backends.bad_inputs import BAD_INPUTS, CANARY, EVENT, QUEUE, STREAM, BadInput
from tests.backends.bad_values import NO_MATTER

MOST = 400  # characters of a message
# The long values are made of one character, or of a word.
REPEATED = re.compile(r"([x9é])\1{80}|(secret){14}")
STORES: dict[str, Callable[[], BaseEventStore]] = {
    "memory": lambda: MemoryEventStore("bad-inputs"),
    "SQLite": lambda: DatabaseEventStore("bad-inputs", database="sqlite"),
    "ORM on PostgreSQL": lambda: DatabaseEventStore("bad-inputs"),
    "PostgreSQL": lambda: PostgreSQLEventStore("bad-inputs"),
}


def problem_with(bad: BadInput, store: BaseEventStore) -> str | None:
    """Call with a bad input; say what is wrong with the answer."""
    try:
        answer = bad.call(store)
    except InvalidArgument as error:
        text = str(error)
        if type(error) is not bad.error or error.field != bad.field:
            return f"{type(error).__name__} of {error.field}"
        if bad.limit is not NO_MATTER and error.limit != bad.limit:
            return f"names the limit {error.limit!r}, not {bad.limit!r}"
        if len(text) > MOST or CANARY in f"{text} {error.limit!r}":
            return f"says {text[:MOST]}"
        if REPEATED.search(text):
            return "repeats more than 80 characters of what was given"
        return None
    except Exception as error:
        return f"raises {type(error).__name__}: {error}"
    return f"is let through: {answer!r}"


@pytest.mark.django_db(databases=["default", "sqlite"])
@pytest.mark.parametrize("kind", STORES)
def test_bad_input_is_refused_and_nothing_happens(kind: str) -> None:
    """In one transaction, which goes on; not even a statement is sent."""
    store = STORES[kind]()
    database = store.database
    problems = []
    with transaction.atomic(using=database) if database else nullcontext():
        sent = (
            CaptureQueriesContext(connections[database]) if database else nullcontext()
        )
        with sent as queries:
            for bad in BAD_INPUTS:
                problem = problem_with(bad, store)
                if queries and len(queries):
                    problem = f"{problem}; a statement was sent: {queries[-1]}"
                    connections[database].queries_log.clear()
                if problem is not None:
                    problems.append(
                        f"{bad.operation}({bad.argument}={excerpt(bad.value)}): {problem}"
                    )
        assert problems == []
        assert store.append(STREAM, EVENT)[0].offset == 0
        store.enqueue(QUEUE, {})
    assert [event.offset for event in store.read_stream(STREAM)] == [0]
    assert store.queue_info(QUEUE).depth == 1
    reset("bad-inputs")


def test_there_are_more_than_300_of_them() -> None:
    distinct = {(bad.argument, bad.field, excerpt(bad.value)) for bad in BAD_INPUTS}
    assert len(distinct) > 300
