"""once(): what a handler writes is there once, however often it is called."""

from datetime import timedelta

import pytest
from asgiref.sync import async_to_sync
from django.test import override_settings
from django.utils import timezone

from eventstreaming import EventData, aonce, append, dequeue, enqueue, once
from eventstreaming.exceptions import InvalidArgument, UnsupportedOperation
from eventstreaming.models import Checkpoint, OnceKey
from eventstreaming.operations.retention import prune_streams
from eventstreaming.types import StoredEvent
from tests.processing.groups import append_keys, work_off, worker
from tests.sessions import sessions
from tests.workerapp.models import Effect

pytestmark = pytest.mark.django_db(transaction=True)


def ship(event: StoredEvent) -> None:
    with once(event) as first:
        if first:
            Effect.objects.create(kind="shipped", number=event.offset)


def test_effects_are_there_once_though_events_come_again() -> None:
    append_keys(20)
    for name in ("shipping", "other"):
        group = worker(ship, name=name, delivery="at_least_once")
        work_off(group)
        Checkpoint.objects.update(position=None)  # as if nothing had been committed
        work_off(group)
    numbers = Effect.objects.values_list("number", flat=True)
    assert sorted(numbers) == sorted([*range(20)] * 2)  # each subscription once


def test_a_failure_leaves_no_key() -> None:
    with pytest.raises(ValueError, match="no"), once("a", scope="s") as first:
        assert first
        raise ValueError("no")
    with once("a", scope="s") as first:
        assert first
    with once("a", scope="s") as first:
        assert not first
    with once("a", scope="another") as first:
        assert first


def test_who_comes_at_the_same_time_waits_for_the_end() -> None:
    def mark(number: int) -> bool:
        with once("a", scope="s") as first:
            if first:
                Effect.objects.create(kind="once", number=number)
            return first

    with sessions(2) as (early, late):
        early.begin()
        assert early.run(mark, 1)
        waiting = late.start(mark, 2)
        early.commit()
        assert not waiting.result(10)
    assert Effect.objects.get().number == 1


def test_a_message_is_its_own_key_and_twins_do_the_same() -> None:
    enqueue("jobs", {"n": 1})
    message = dequeue("jobs")
    assert message is not None

    async def twice() -> list[bool]:
        seen = []
        for _ in range(2):
            async with aonce(message, scope="jobs") as first:
                seen.append(first)
        return seen

    assert async_to_sync(twice)() == [True, False]
    assert OnceKey.objects.get().key == message.message_id


def test_old_keys_are_forgotten() -> None:
    for age in (40, 31, 29):
        created = timezone.now() - timedelta(days=age)
        OnceKey.objects.create(scope="s", key=str(age), created_at=created)
    assert prune_streams(batch_size=1).keys == 2
    assert OnceKey.objects.get().key == "29"


def test_what_cannot_be_a_key_is_refused() -> None:
    (event,) = append("a", EventData("A", {}))
    for key, scope in ((event, None), ("", "s"), (None, "s"), (1, "s"), ("a", "")):
        with pytest.raises(InvalidArgument), once(key, scope=scope):  # type: ignore[arg-type]
            pass
    memory = {"BACKEND": "eventstreaming.backends.memory.MemoryEventStore"}
    with (
        override_settings(EVENT_STORES={"default": memory}),
        pytest.raises(UnsupportedOperation),
        once("a", scope="s"),
    ):
        pass
