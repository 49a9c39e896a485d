"""Loops over the messages of a queue."""

import logging
from collections.abc import AsyncIterator, Iterator
from types import TracebackType
from typing import TYPE_CHECKING, Self

from asgiref.sync import sync_to_async

from eventstreaming.backends.answering import AnswerableStore
from eventstreaming.backends.waiting import checked_wait
from eventstreaming.events import arguments
from eventstreaming.exceptions import InvalidValue, LeaseLost
from eventstreaming.types import Duration, Message

if TYPE_CHECKING:
    from eventstreaming.backends.base_queues import BaseQueues

logger = logging.getLogger("eventstreaming")

FOLLOWING_WAIT = 60.0  # seconds of one look; then the next one begins


class _Consuming:
    """What both loops know: what to ask for, and the message in hand."""

    def __init__(
        self,
        store: "BaseQueues",
        stream_name: str,
        visibility_timeout: Duration | None,
        wait: Duration | None,
        follow: bool,
        limit: int | None,
    ) -> None:
        self._store = store
        self._stream_name = arguments.stream_name(stream_name)
        if visibility_timeout is not None:
            visibility_timeout = arguments.visibility_timeout(visibility_timeout)
        self._visibility_timeout = visibility_timeout
        self._wait = checked_wait(wait)
        self._follow = arguments.flag(follow, "follow")
        if self._follow:
            if wait is not None:
                raise InvalidValue("wait", "is of no use with follow, which never ends")
            self._wait = FOLLOWING_WAIT
        self._left = arguments.optional_integer(limit, "limit", 1)
        self._message: Message | None = None
        self._answers: AnswerableStore | None = None

    def _hand_out(self, message: Message) -> Message:
        if self._left is not None:
            self._left -= 1
        self._answers = AnswerableStore(message.store)
        self._message = self._answers.give(message)
        return self._message

    def _take_unanswered(self) -> Message | None:
        """Return the message in hand, once, unless the loop's body answered it."""
        message, self._message = self._message, None
        if message is None or self._answers is None or self._answers.answered:
            return None
        return message


class Consumption(_Consuming, Iterator[Message]):
    """See services.consume()."""

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Message:
        self._acknowledge()
        while self._left != 0:
            message = self._store.dequeue(
                self._stream_name, self._visibility_timeout, wait=self._wait
            )
            if message is not None:
                return self._hand_out(message)
            if not self._follow:
                break
        raise StopIteration

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if error is None:
            self._acknowledge()
        elif (message := self._take_unanswered()) is not None:
            try:
                if isinstance(error, Exception):
                    message.nack(error=error)
                else:
                    self._store.release([message])
            except LeaseLost as lost:
                logger.warning("%r failed; %s", message, lost)

    def _acknowledge(self) -> None:
        message = self._take_unanswered()
        if message is not None:
            try:
                message.acknowledge()
            except LeaseLost as lost:
                logger.warning("%r was done; %s", message, lost)


class AsyncConsumption(_Consuming, AsyncIterator[Message]):
    """See services.consume()."""

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Message:
        await self._acknowledge()
        while self._left != 0:
            message = await self._store.adequeue(
                self._stream_name, self._visibility_timeout, wait=self._wait
            )
            if message is not None:
                return self._hand_out(message)
            if not self._follow:
                break
        raise StopAsyncIteration

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if error is None:
            await self._acknowledge()
        elif (message := self._take_unanswered()) is not None:
            try:
                if isinstance(error, Exception):
                    await message.anack(error=error)
                else:
                    release = sync_to_async(self._store.release, thread_sensitive=True)
                    await release([message])
            except LeaseLost as lost:
                logger.warning("%r failed; %s", message, lost)

    async def _acknowledge(self) -> None:
        message = self._take_unanswered()
        if message is not None:
            try:
                await message.aacknowledge()
            except LeaseLost as lost:
                logger.warning("%r was done; %s", message, lost)
