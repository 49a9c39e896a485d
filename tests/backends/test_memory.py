"""What only the memory store does: simulated time, and forgetting."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.test import override_settings

from eventstreaming import clock
from eventstreaming.backends import event_stores
from eventstreaming.backends.memory import MemoryEventStore, reset
from eventstreaming.events.queue_settings import BACKOFF
from eventstreaming.exceptions import InvalidEventStore
from eventstreaming.types import EventData, Message

NOTED = EventData("Noted", {"n": 1})
START = datetime(2030, 1, 1, tzinfo=UTC)


class LoadedDice(clock.SimulatedClock):
    """A clock whose chance is always the same."""

    chance = 0.5

    def random(self) -> float:
        return self.chance


@pytest.fixture(autouse=True)
def dice() -> Iterator[LoadedDice]:
    simulated = LoadedDice(START)
    with clock.use_clock(simulated):
        reset()
        yield simulated
    reset()


@pytest.fixture
def store() -> MemoryEventStore:
    return MemoryEventStore("default")


def lease(store: MemoryEventStore, timeout: float = 30) -> Message:
    message = store.dequeue("mail", timeout)
    assert message is not None
    return message


def test_capabilities_are_honest() -> None:
    flags = [
        name
        for name in dir(MemoryEventStore)
        if name.startswith(("supports_", "is_", "enforces_"))
    ]
    assert {name for name in flags if getattr(MemoryEventStore, name)} == {
        "supports_concurrent_streams",
        "supports_concurrent_writers",
        "supports_deduplication",
        "supports_groups",
        "supports_idempotency",
        "supports_truncation",
        "enforces_immutability",
    }


def test_options_are_refused_by_name() -> None:
    with pytest.raises(InvalidEventStore, match=r"'database'.*MemoryEventStore"):
        MemoryEventStore("default", database="default")


def test_objects_of_one_alias_share_their_data(store: MemoryEventStore) -> None:
    store.append("orders", NOTED)
    store.enqueue("mail", {})
    twin = MemoryEventStore("default")
    assert twin.stream_info("orders").length == 1
    assert twin.queue_info("mail").ready == 1


def test_aliases_do_not_share_data(store: MemoryEventStore) -> None:
    store.append("orders", NOTED)
    store.enqueue("mail", {})
    other = MemoryEventStore("other")
    assert not other.stream_info("orders").exists
    assert other.queue_info("mail").depth == 0


def test_reset_empties_one_alias_or_all(store: MemoryEventStore) -> None:
    other = MemoryEventStore("other")
    for each in (store, other):
        each.append("orders", NOTED)
    reset("other")
    assert (store.fence(), other.fence()) == (1, 0)
    reset()
    assert store.fence() == 0
    reset("never used")


def test_numbers_start_again_after_a_reset(store: MemoryEventStore) -> None:
    for _ in range(2):
        (event,) = store.append("orders", NOTED)
        assert (event.offset, event.position) == (0, 1)
        assert store.enqueue("mail", {}) == "1"
        reset()


def test_settings_name_the_store() -> None:
    path = "eventstreaming.backends.memory.MemoryEventStore"
    with override_settings(EVENT_STORES={"default": {"BACKEND": path}}):
        event_stores["default"].append("orders", NOTED)
        assert isinstance(event_stores["default"], MemoryEventStore)
    assert MemoryEventStore("default").fence() == 1


def test_times_are_those_of_the_clock(
    store: MemoryEventStore, dice: LoadedDice
) -> None:
    (event,) = store.append("orders", NOTED)
    assert event.timestamp == START
    store.enqueue("mail", {})
    dice.advance(5)
    message = lease(store, 10)
    assert message.enqueued_at == START
    assert message.visible_until == START + timedelta(seconds=15)
    assert store.extend_visibility(
        "mail", message.message_id, 100, receipt=message.receipt
    ) == START + timedelta(seconds=105)
    message.nack(dead_letter=True)
    assert store.dead_letters()[0].died_at == START + timedelta(seconds=5)


def test_lease_ends_at_its_last_moment(
    store: MemoryEventStore, dice: LoadedDice
) -> None:
    store.enqueue("mail", {})
    lease(store, 30)
    dice.advance(29.999)
    assert store.dequeue("mail") is None
    dice.advance(0.001)
    assert lease(store).deliveries == 2


def test_delay_and_expiry_end_at_their_last_moment(
    store: MemoryEventStore, dice: LoadedDice
) -> None:
    store.enqueue("mail", {"n": 1}, delay=10)
    store.enqueue("mail", {"n": 2}, expires_in=10)
    dice.advance(9.999)
    assert lease(store).data == {"n": 2}
    assert store.dequeue("mail") is None
    dice.advance(0.001)
    assert lease(store).data == {"n": 1}


def test_waiting_passes_simulated_time_only(
    store: MemoryEventStore, dice: LoadedDice
) -> None:
    store.enqueue("mail", {}, delay=300)
    message = store.dequeue("mail", wait=3_600)
    assert message is not None
    assert timedelta(seconds=300) <= dice.now() - START < timedelta(seconds=301)


def test_backoff_grows_with_the_attempts_up_to_its_last_bound(
    store: MemoryEventStore, dice: LoadedDice
) -> None:
    number = store.enqueue("mail", {})
    for attempt in range(1, len(BACKOFF) + 3):
        message = lease(store)
        store.nack("mail", number, receipt=message.receipt, max_attempts=100)
        delay = 0.5 * BACKOFF[min(attempt, len(BACKOFF)) - 1]
        dice.advance(delay - 0.001)
        assert store.dequeue("mail") is None
        dice.advance(0.001)


def test_backoff_has_full_jitter(store: MemoryEventStore, dice: LoadedDice) -> None:
    dice.chance = 0.0
    store.enqueue("mail", {})
    lease(store).nack()
    assert lease(store).attempts == 1


def test_info_is_always_exact(store: MemoryEventStore) -> None:
    for _ in range(2):
        store.enqueue_many("mail", [{}] * 6_000)
    info = store.queue_info("mail")
    assert (info.ready, info.exact) == (12_000, True)


def test_atomic_does_not_undo_what_its_block_wrote(store: MemoryEventStore) -> None:
    store.enqueue("mail", {})
    message = lease(store)
    with pytest.raises(ZeroDivisionError), message.atomic():
        store.append("orders", NOTED)
        raise ZeroDivisionError
    assert store.stream_info("orders").length == 1
    message.acknowledge()


def test_event_that_appends_while_it_is_listed_is_no_deadlock(
    store: MemoryEventStore,
) -> None:
    def events() -> Iterator[EventData]:
        store.append("audit", NOTED)
        yield NOTED

    (event,) = store.append("orders", events())
    assert event.position == 2


def test_reset_during_a_read_ends_it(store: MemoryEventStore) -> None:
    store.append("orders", [NOTED] * 3)
    events = store.read_stream("orders", batch_size=1)
    assert next(events).offset == 0
    reset()
    assert list(events) == []
