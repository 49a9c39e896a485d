"""The event loop that runs async queue handlers side by side."""

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Iterable

from asgiref.sync import SyncToAsync, ThreadSensitiveContext, sync_to_async
from django.db import connections

from eventstreaming import clock
from eventstreaming.processing.calls import ahandle_message
from eventstreaming.processing.connections import restore_connections
from eventstreaming.processing.jobs import Inbox, Job, Outcome, Running
from eventstreaming.processing.settling import HandlersStore
from eventstreaming.processing.slates import slate
from eventstreaming.types import Message

IDLE_SECONDS = 10.0  # an unused seat keeps its database connections for so long


class CoroutinePool:
    """
    One event loop in a thread, with a number of seats for coroutines.

    A coroutine has the connections of its seat to itself: what another one rolls
    back is not its own. The last seat that was left is taken first, so there are
    as many connections as coroutines that use them at a time.
    """

    def __init__(self, size: int, inbox: Inbox) -> None:
        self.size = size
        self._inbox = inbox
        self._jobs: deque[tuple[Job, float]] = deque()
        self._revoked: dict[str, BaseException] = {}
        self._running: dict[_Seat, Running] = {}
        self._free: list[_Seat] = []
        self._seats: set[_Seat] = set()
        self._abandoned: set[_Seat] = set()
        self._has_abandoned = False
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="handlers", daemon=True)
        self._thread.start()
        self._ready.wait()

    def submit(self, jobs: Iterable[Job]) -> None:
        """Queue jobs for the next free seat."""
        now = clock.monotonic()
        self._jobs.extend((job, now) for job in jobs)
        self._loop.call_soon_threadsafe(self._fill_seats)

    def take_unstarted(self) -> list[Job]:
        """Return the jobs that have no seat; none of them will run."""
        jobs: list[Job] = []
        while (job := self._next_job()) is not None:
            jobs.append(job)
        return jobs

    def seconds_waited(self) -> float:
        """Return how long the first job has been waiting for a seat."""
        try:
            return clock.monotonic() - self._jobs[0][1]
        except IndexError:
            return 0.0

    def revoke(self, message: Message, error: BaseException) -> None:
        """Give no seat to the message; its outcome is this error."""
        self._revoked[message.receipt] = error

    def running(self) -> list[Running]:
        """Return what the seats run now."""
        return list(self._running.copy().values())

    def abandon(self, running: Running) -> bool:
        """Put a seat in the place of one whose coroutine does not end."""
        for seat, other in self._running.copy().items():
            # The loop takes it out as well: whoever is first decides.
            if other is running and self._running.pop(seat, None) is not None:
                self._has_abandoned = True
                self._loop.call_soon_threadsafe(self._abandon, seat, running)
                return True
        return False

    def close(self) -> None:
        """End the loop after the coroutines that run, but for those given up."""
        self._loop.call_soon_threadsafe(self._closing.set)
        if not self._has_abandoned:
            self._thread.join()

    def _run(self) -> None:
        with asyncio.Runner() as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._closing = asyncio.Event()
        self._ready.set()
        await self._closing.wait()
        seats = self._seats - self._abandoned
        for seat in seats:
            seat.jobs.put_nowait(None)
        await asyncio.gather(*(seat.task for seat in seats))

    def _fill_seats(self) -> None:
        """Give the next jobs to free seats, and to new ones while there is room."""
        while self._free or len(self._seats - self._abandoned) < self.size:
            job = self._next_job()
            if job is None:
                return
            revoked = self._revoked.pop(job.message.receipt, None)
            if revoked is not None:
                self._inbox.put(Outcome(job, revoked, False, 0.0))
                continue
            seat = self._free.pop() if self._free else self._new_seat()
            seat.jobs.put_nowait(job)

    def _next_job(self) -> Job | None:
        try:
            return self._jobs.popleft()[0]
        except IndexError:
            return None

    def _new_seat(self) -> "_Seat":
        seat = _Seat(self)
        self._seats.add(seat)
        return seat

    def _begun(self, seat: "_Seat", running: Running) -> None:
        slate.begin(running.job.message)
        seat.running = self._running[seat] = running

    def _left(self, seat: "_Seat", outcome: Outcome) -> None:
        """Note that a seat is free again."""
        seat.running = None
        self._abandoned.discard(seat)
        self._free.append(seat)
        self._revoked.pop(outcome.job.message.receipt, None)
        if self._running.pop(seat, None) is not None:
            self._inbox.put(outcome)
        self._fill_seats()

    def _abandon(self, seat: "_Seat", running: Running) -> None:
        if seat.running is running:
            self._abandoned.add(seat)
            self._fill_seats()

    def _may_end(self, seat: "_Seat") -> bool:
        """Say whether a seat that was idle for long has been given no job."""
        if seat not in self._free:
            return False
        self._free.remove(seat)
        self._seats.remove(seat)
        return True


class _Seat:
    """A place for one coroutine at a time, with connections of its own."""

    def __init__(self, pool: CoroutinePool) -> None:
        self.jobs: asyncio.Queue[Job | None] = asyncio.Queue()
        self.running: Running | None = None
        self._pool = pool
        self.task = asyncio.create_task(self._serve())

    async def _serve(self) -> None:
        async with ThreadSensitiveContext() as context:
            while (job := await self._next_job()) is not None:
                outcome = await self._run(job)
                await _in_thread_of(context, restore_connections)
                self._pool._left(self, outcome)
            await _in_thread_of(context, connections.close_all)

    async def _next_job(self) -> Job | None:
        """Wait for a job; None when the seat is to end."""
        while True:
            try:
                async with asyncio.timeout(IDLE_SECONDS):
                    return await self.jobs.get()
            except TimeoutError:
                if self._pool._may_end(self):
                    return None

    async def _run(self, job: Job) -> Outcome:
        """Run one handler in a task, so that its context is its own."""
        store = HandlersStore(job.message, job.handler.retry)

        async def call() -> BaseException | None:
            try:
                await ahandle_message(job.function, store.give(job.message))
            except BaseException as raised:  # SystemExit would end the loop
                return raised
            return None

        loop, task = asyncio.get_running_loop(), asyncio.create_task(call())
        # A function that wants to know why finds the reason in the CancelledError.
        running = Running(job, lambda why: loop.call_soon_threadsafe(task.cancel, why))
        self._pool._begun(self, running)
        await asyncio.wait([task])
        error = asyncio.CancelledError() if task.cancelled() else task.result()
        return running.outcome(error, store.answered)


async def _in_thread_of(
    context: ThreadSensitiveContext, function: Callable[[], None]
) -> None:
    """Run a function where the context's sync code runs, if it has run any."""
    if context in SyncToAsync.context_to_thread_executor:
        await sync_to_async(function, thread_sensitive=True)()
