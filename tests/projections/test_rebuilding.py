"""A read model is made anew, in place or beside the one that is served."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, connections

from eventstreaming import event_store, truncate_stream
from eventstreaming.exceptions import EventsTruncated
from eventstreaming.models import Checkpoint, ParkedEvent, Subscription
from eventstreaming.operations.rebuilding import (
    abandon_rebuild,
    rebuild_projection,
)
from eventstreaming.processing.batch_results import BatchResult
from eventstreaming.processing.projections.building import Building
from eventstreaming.processing.projections.declared import declared_projection
from eventstreaming.processing.projections.exceptions import (
    RebuildFailed,
    UnknownProjection,
)
from tests.group_proofs.worker import folded
from tests.projections.tallying import (
    NAME,
    Log,
    TallyingInBulk,
    rows,
    tallying,
    work,
    worker,
)
from tests.workerapp.models import Tally

pytestmark = pytest.mark.django_db(transaction=True)


def spoil() -> None:
    """Make the read model wrong, as an old handler may have."""
    Tally.objects.filter(key="3-key").delete()
    Tally.objects.filter(key="4-key").update(chain=1)
    Tally.objects.create(key="stray", chain=1)


def schemas() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nspname FROM pg_namespace WHERE nspname LIKE 'eventstreaming_re%'"
        )
        return [name for (name,) in cursor.fetchall()]


@pytest.mark.parametrize("beside", [False, True])
def test_a_rebuild_makes_it_what_the_events_say(beside: bool) -> None:
    log = Log()
    log.append(700)
    with tallying() as declared:
        work()
        assert rows() == log.fold()
        assert sorted(declared.sent) == list(range(700))
        spoil()
        log.append(60)  # the one served has not seen these yet
        done = rebuild_projection(NAME, beside=beside)
        work()
        assert rows() == log.fold()
        # What was handled before has no effects outside again; what is new has.
        assert sorted(declared.sent) == list(range(760))
    assert done.parked_keys == 0
    assert 700 <= done.events <= 760
    assert schemas() == []
    assert Subscription.objects.count() == 1


def test_an_interrupted_rebuild_in_place_is_finished_by_workers() -> None:
    log = Log()
    log.append(300)
    with tallying() as declared:
        work()
        spoil()
        with pytest.raises(KeyboardInterrupt):
            rebuild_projection(NAME, begun=interrupt)
        assert rows() == {}
        log.append(50)
        work()
        assert rows() == log.fold()
        assert sorted(declared.sent) == list(range(350))


def test_an_interrupted_rebuild_beside_changes_nothing() -> None:
    log = Log()
    log.append(300)
    with tallying() as declared:
        work()
        spoil()
        served = rows()
        with pytest.raises(KeyboardInterrupt):
            rebuild_projection(NAME, beside=True, begun=interrupt_later())
        assert rows() == served
        built = Subscription.objects.get(name=f"{NAME}~rebuild")
        handled = sum(built.checkpoints.values_list("handled", flat=True))
        assert schemas() != []
        log.append(50)
        work()  # goes on as if nothing were there
        done = rebuild_projection(NAME, beside=True, resume=True)
        assert rows() == log.fold()
        assert handled + done.events == 350
        with pytest.raises(KeyboardInterrupt):
            rebuild_projection(NAME, beside=True, begun=interrupt)
        assert abandon_rebuild(NAME)
        assert not abandon_rebuild(NAME)
        assert schemas() == []
        assert rows() == log.fold()
        assert sorted(declared.sent) == list(range(350))


def interrupt() -> None:
    raise KeyboardInterrupt


def interrupt_later() -> Callable[[], None]:
    """Return what builds two batches, then is killed."""

    def build() -> None:
        declared = declared_projection(NAME, "default")
        runner = Building(declared, event_store, "default").runner
        for _ in range(2):
            assert runner.run_batch() is BatchResult.PROGRESSED
        interrupt()

    return build


def test_readers_see_the_old_model_or_the_new_one() -> None:
    log = Log()
    log.append(600)
    with tallying(TallyingInBulk) as declared:
        work()
        done = threading.Event()
        looks: list[int] = []

        def look() -> None:
            """Read again and again: no row is missing, and none is wrong."""
            while not done.is_set():
                found = rows()
                for key, (count, chain) in found.items():
                    assert (count, chain) == folded(log.numbers[key][:count])
                looks.append(sum(count for count, _ in found.values()))
                time.sleep(0.002)

        def keep() -> None:
            """Work as a worker does."""
            runner = worker()
            while not done.is_set():
                if runner.run_batch() is not BatchResult.PROGRESSED:
                    time.sleep(0.005)

        def write() -> None:
            for _ in range(12):
                log.append(25)
                time.sleep(0.02)

        with ThreadPoolExecutor() as pool:
            running = [pool.submit(closing(one)) for one in (look, keep)]
            writing = pool.submit(closing(write))
            try:
                for _ in range(2):
                    rebuild_projection(NAME, beside=True)
                writing.result()
            finally:
                done.set()
            for one in running:
                one.result()
        work()
        assert rows() == log.fold()
    assert looks == sorted(looks)
    assert looks[0] >= 600
    assert len(looks) > 20
    assert max(declared.batches) > 1


def closing(function: Callable[[], None]) -> Callable[[], None]:
    """Let a thread close its connections."""

    def call() -> None:
        try:
            function()
        finally:
            connections.close_all()

    return call


def test_a_failing_event_is_parked_as_ever_and_a_stop_ends_the_rebuild() -> None:
    log = Log()
    log.append(200)
    with tallying() as declared:
        work()
        declared.broken.add(3)
        done = rebuild_projection(NAME, beside=True)
        (key,) = {key for key, numbers in log.numbers.items() if 3 in numbers}
        assert done.parked_keys == 1
        assert rows() == {
            **log.fold(key),
            **{k: v for k, v in rows().items() if k == key},
        }
        assert {row.subscription.name for row in ParkedEvent.objects.all()} == {NAME}
        parked = Checkpoint.objects.filter(subscription__name=NAME, parked_keys=1)
        assert parked.count() == 1
    with tallying(on_failure="stop", broken={5}):
        before = rows()
        with pytest.raises(RebuildFailed, match="number 5 is broken"):
            rebuild_projection(NAME, beside=True)
        assert rows() == before
        assert abandon_rebuild(NAME)


def test_what_cannot_be_rebuilt_is_refused_before_anything_is_done() -> None:
    log = Log()
    log.append(100)
    with pytest.raises(UnknownProjection) as unknown:
        rebuild_projection("nothing")
    assert unknown.value.name == "nothing"
    with tallying():
        work()
        truncate_stream("tally-1", 10)
        for beside in (False, True):
            with pytest.raises(EventsTruncated):
                rebuild_projection(NAME, beside=beside)
        assert rows() == log.fold()
        rebuild_projection(NAME, beside=True, despite_truncation=True)
        assert sum(count for count, _ in rows().values()) == 90
