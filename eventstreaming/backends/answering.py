"""Noticing that a message was answered by the code it was given to."""

from contextlib import AbstractAsyncContextManager, AbstractContextManager
from datetime import datetime
from typing import Any

import msgspec

from eventstreaming.types import Duration, Message, MessageStore


class AnswerableStore:
    """
    A message's store, noting the calls that answer the message.

    `message.atomic()` acknowledges through the message, so it is noted, too.
    """

    def __init__(self, store: MessageStore) -> None:
        self.answered = False
        self._store = store

    def give(self, message: Message) -> Message:
        """Return the message, whose answers are noted."""
        return msgspec.structs.replace(message, store=self)

    def acknowledge(self, *args: Any, **kwargs: Any) -> bool:
        result = self._store.acknowledge(*args, **kwargs)
        self.answered = True
        return result

    async def aacknowledge(self, *args: Any, **kwargs: Any) -> bool:
        result = await self._store.aacknowledge(*args, **kwargs)
        self.answered = True
        return result

    def nack(self, *args: Any, **kwargs: Any) -> bool:
        result = self._store.nack(*args, **self._decision(kwargs))
        self.answered = True
        return result

    async def anack(self, *args: Any, **kwargs: Any) -> bool:
        result = await self._store.anack(*args, **self._decision(kwargs))
        self.answered = True
        return result

    def _decision(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Return what the store is asked for; a subclass may fill in the rest."""
        return asked

    def extend_visibility(
        self, stream_name: str, message_id: str, timeout: Duration, *, receipt: str
    ) -> datetime:
        return self._store.extend_visibility(
            stream_name, message_id, timeout, receipt=receipt
        )

    async def aextend_visibility(
        self, stream_name: str, message_id: str, timeout: Duration, *, receipt: str
    ) -> datetime:
        return await self._store.aextend_visibility(
            stream_name, message_id, timeout, receipt=receipt
        )

    def message_atomic(self, message: Message) -> AbstractContextManager[None]:
        return self._store.message_atomic(message)

    def amessage_atomic(self, message: Message) -> AbstractAsyncContextManager[None]:
        return self._store.amessage_atomic(message)
