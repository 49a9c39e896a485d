"""Looking after what a worker runs: time-outs, cancelled messages, long waits."""

import logging
from collections.abc import Callable, Iterable, Sequence

from eventstreaming import clock
from eventstreaming.backends.base import BaseEventStore
from eventstreaming.exceptions import HandlerTimeout, MessageCancelled
from eventstreaming.processing.answers import Answers
from eventstreaming.processing.jobs import Job, Running
from eventstreaming.processing.leases import Leases
from eventstreaming.processing.rooms import Room
from eventstreaming.types import Message

logger = logging.getLogger("eventstreaming.worker")

LOOK_EVERY = 1.0  # seconds; more often where time-outs are short
GRACE_SECONDS = 5.0  # in which an interrupted handler ends


class Overseer:
    """
    Interrupts handlers that run too long, or whose message was cancelled.

    One that does not end within 5 seconds is given up: its message has failed, its
    place is free for others, and the process is to be replaced, since nothing but
    its end will end the handler. Messages that wait behind long ones go back.
    """

    def __init__(
        self,
        rooms: Sequence[Room],
        leases: Leases,
        answers: Answers,
        replace: Callable[[str], None],
    ) -> None:
        self.tick = LOOK_EVERY
        self._rooms = rooms
        self._leases = leases
        self._answers = answers
        self._replace = replace
        self._look_at = 0.0
        self._look_for_cancelled_at = 0.0
        self._to_release: list[Message] = []

    def expect(self, jobs: Iterable[Job]) -> None:
        """Look as often as the time-outs of these jobs need it."""
        for job in jobs:
            if job.timeout is not None:
                self.tick = min(self.tick, max(job.timeout / 10, 0.02))

    def look(self, store: BaseEventStore) -> None:
        """Do what is to be done now; raise an error of the database."""
        now = clock.monotonic()
        if now < self._look_at or not self._leases:
            return
        self._look_at = now + self.tick
        for room in self._rooms:
            for running in room.pool.running():
                self._end_late(room, running)
        self._release_delayed(store)
        if now >= self._look_for_cancelled_at:
            self._look_for_cancelled_at = now + LOOK_EVERY
            self._cancel(store)

    def _end_late(self, room: Room, running: Running) -> None:
        timeout = running.job.timeout
        if timeout is not None and running.seconds >= timeout:
            running.interrupt(HandlerTimeout)
        if clock.monotonic() - running.interrupted_at < GRACE_SECONDS:
            return
        if not room.pool.abandon(running):
            return
        message = running.job.message
        logger.error("%r: its handler does not end; given up", message)
        self._answers.add([running.outcome(running.explanation(), False)])
        self._replace(f"has a handler of {message.stream_name!r} that does not end")

    def _release_delayed(self, store: BaseEventStore) -> None:
        for room in self._rooms:
            self._to_release += room.take_delayed()
        if not self._to_release:
            return
        store.release(self._to_release)
        self._leases.drop(self._to_release)
        queues = {message.stream_name for message in self._to_release}
        logger.info(
            "gave back %d messages that waited behind long ones", len(self._to_release)
        )
        self._to_release = []
        for queue in queues:
            store.announce_messages(queue)

    def _cancel(self, store: BaseEventStore) -> None:
        """Have handlers end whose messages were cancelled."""
        if not (held := self._leases.older_than(LOOK_EVERY)):
            return
        cancelled = store.cancelled_among(held)
        for message in cancelled:
            job = self._leases.job_of(message)
            for room in self._rooms:
                if room.is_for(job):
                    _cancel_in(room, message)


def _cancel_in(room: Room, message: Message) -> None:
    for running in room.pool.running():
        if running.job.message.receipt == message.receipt:
            running.interrupt(MessageCancelled)
            return
    cancelled = MessageCancelled(message.stream_name, message.message_id)
    room.pool.revoke(message, cancelled)
