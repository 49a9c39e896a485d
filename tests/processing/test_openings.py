"""Whose messages a worker wants."""

from typing import Any

from eventstreaming.processing.jobs import Inbox, Job
from eventstreaming.processing.leases import Leases
from eventstreaming.processing.openings import Openings
from eventstreaming.processing.pool import HandlerPool
from eventstreaming.processing.registry import QueueHandler
from eventstreaming.processing.retry import RetryPolicy
from eventstreaming.processing.rooms import Room
from tests.processing.test_slates import message


async def await_it(message: object) -> None: ...


def handler(queue: str, function: Any = print, choice: Any = None) -> QueueHandler:
    return QueueHandler(
        queue=queue,
        function=function,
        retry=RetryPolicy(),
        visibility_timeout=None,
        choice=choice,
        store="default",
    )


MAILS, CALLS = handler("mails"), handler("calls", await_it)
TASKS = handler("tasks", choice=lambda message: print)


class Worker:
    """One thread, and places for one coroutine; one message each waits for them."""

    def __init__(self, *handlers: QueueHandler) -> None:
        self.leases = Leases()
        pool = HandlerPool(0, Inbox())
        pool.size = 1
        rooms = [Room(pool, is_async=is_async) for is_async in (False, True)]
        self.openings = Openings(handlers, rooms, {"mails": 2}, self.leases)

    def hold(self, handler: QueueHandler, count: int, *, is_async: bool) -> None:
        jobs = [
            Job(handler, message(number + len(self.leases) + 1), print, is_async)
            for number in range(count)
        ]
        self.leases.take(jobs, {"work": 30.0})
        self.openings.took(jobs)

    def wanted(self) -> dict[str, int]:
        found = [
            (" ".join(handler.queue for handler in handlers), count)
            for handlers, count in self.openings.now()
        ]
        assert len(dict(found)) == len(found)
        return dict(found)


def test_each_kind_has_places_of_its_own() -> None:
    worker = Worker(MAILS, CALLS)
    handlers, count = worker.openings.all()
    assert ([h.queue for h in handlers], count) == (["mails", "calls"], 2)
    worker.hold(MAILS, 2, is_async=False)
    assert worker.wanted() == {"calls": 2}
    worker.hold(CALLS, 1, is_async=True)
    assert worker.wanted() == {"calls": 1}


def test_a_queue_of_both_kinds_waits_for_room_for_either() -> None:
    worker = Worker(MAILS, CALLS, TASKS)
    assert worker.wanted() == {"mails": 2, "calls": 2, "tasks": 2}
    worker.hold(TASKS, 1, is_async=True)
    assert worker.wanted() == {"mails": 2, "calls": 1, "tasks": 1}
    worker.hold(TASKS, 1, is_async=True)
    assert worker.wanted() == {"mails": 2}


def test_queues_of_both_kinds_take_turns_with_the_others() -> None:
    worker = Worker(MAILS, TASKS)
    worker.hold(MAILS, 1, is_async=False)
    assert list(worker.wanted()) == ["tasks", "mails"]
    worker.hold(TASKS, 1, is_async=True)
    assert list(worker.wanted()) == ["mails", "tasks"]
