"""Many dead letters: a bounded rate, and nothing twice."""

from collections.abc import Iterator

import pytest
from django.test import override_settings

from eventstreaming import (
    configure_queue,
    dead_letters,
    dequeue,
    dequeue_many,
    enqueue_many,
    queue_info,
)
from eventstreaming.backends.memory import reset
from eventstreaming.clock import SimulatedClock, use_clock
from eventstreaming.exceptions import InvalidArgument
from eventstreaming.operations.dead_letters import (
    DeadLetterSelection,
    count_selected,
    discard_selected,
    prune_dead_letters,
    redrive_selected,
)

MEMORY = {"BACKEND": "eventstreaming.backends.memory.MemoryEventStore"}
MAIL = DeadLetterSelection(stream_name="mail")


@pytest.fixture(autouse=True)
def clock() -> Iterator[SimulatedClock]:
    simulated = SimulatedClock()
    with override_settings(EVENT_STORES={"default": MEMORY}), use_clock(simulated):
        reset()
        yield simulated
        reset()


def bury(count: int, queue: str = "mail", error: str = "no") -> None:
    enqueue_many(queue, [{"n": n} for n in range(count)])
    for message in dequeue_many(queue, count):
        message.nack(dead_letter=True, error=error)


def test_redrive_keeps_to_its_rate(clock: SimulatedClock) -> None:
    bury(100)
    clock.advance(1)
    began, seen = clock.monotonic(), []
    done = redrive_selected(
        MAIL, rate=20, progress=lambda n: seen.append((n, clock.monotonic() - began))
    )
    assert done == 100
    assert clock.monotonic() - began == pytest.approx(5.0, abs=0.3)
    for sent, elapsed in seen:
        assert sent <= 20 * elapsed + 4.001  # a batch is a fifth of a second


def test_what_dies_again_is_left_alone(clock: SimulatedClock) -> None:
    bury(10)
    clock.advance(1)

    def fail_again(done: int) -> None:
        message = dequeue("mail")
        if message is not None:
            message.nack(dead_letter=True, error="again")

    assert redrive_selected(MAIL, rate=5, progress=fail_again) == 10
    assert {letter.error for letter in dead_letters("mail")} == {"again"}


def test_limit_counts_over_all_batches(clock: SimulatedClock) -> None:
    bury(10)
    clock.advance(1)
    assert redrive_selected(MAIL, limit=7, rate=10) == 7
    assert queue_info("mail").ready == 7
    assert discard_selected(MAIL, limit=2) == 2
    assert count_selected(MAIL) == 1


def test_discard_by_condition() -> None:
    bury(3)
    bury(2, error="never")
    fingerprint = dead_letters("mail")[0].fingerprint
    chosen = DeadLetterSelection(stream_name="mail", fingerprint=fingerprint)
    assert count_selected(chosen) == 2
    assert discard_selected(chosen) == 2
    assert count_selected(MAIL) == 3


def test_prune_goes_by_the_settings_of_each_queue(clock: SimulatedClock) -> None:
    bury(2, "mail-a")
    bury(3, "mail-b")
    bury(4, "sms")
    configure_queue("mail-*", dead_letter_retention=3600)
    configure_queue("mail-b", dead_letter_retention=7200)
    assert prune_dead_letters() == {"mail-a": 0, "mail-b": 0}
    clock.advance(3601)
    assert prune_dead_letters(dry_run=True) == {"mail-a": 2, "mail-b": 0}
    assert prune_dead_letters(["mail-b", "sms"]) == {"mail-b": 0}
    assert prune_dead_letters() == {"mail-a": 2, "mail-b": 0}
    assert prune_dead_letters(older_than=60) == {"mail-b": 3, "sms": 4}
    assert prune_dead_letters() == {}


@pytest.mark.parametrize("rate", [0, -1, float("nan"), True, "1"])
def test_impossible_rates_are_refused(rate: object) -> None:
    with pytest.raises(InvalidArgument, match="rate"):
        redrive_selected(MAIL, rate=rate)  # type: ignore[arg-type]
