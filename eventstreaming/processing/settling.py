"""Noticing that a handler has answered a message by itself."""

from contextlib import AbstractAsyncContextManager, AbstractContextManager
from datetime import datetime
from typing import Any

import msgspec

from eventstreaming.types import Duration, Message, MessageStore


def settling(message: Message) -> tuple[Message, list[str]]:
    """Return the message, and a list that is filled once it was answered."""
    answers: list[str] = []
    store = _NotingStore(message.store, answers)
    return msgspec.structs.replace(message, store=store), answers


class _NotingStore:
    """
    The message's store, noting the calls that answer the message.

    `message.atomic()` acknowledges through the message, so it is noted, too.
    """

    def __init__(self, store: MessageStore, answers: list[str]) -> None:
        self._store = store
        self._answers = answers

    def acknowledge(self, *args: Any, **kwargs: Any) -> bool:
        result = self._store.acknowledge(*args, **kwargs)
        self._answers.append("acknowledge")
        return result

    async def aacknowledge(self, *args: Any, **kwargs: Any) -> bool:
        result = await self._store.aacknowledge(*args, **kwargs)
        self._answers.append("acknowledge")
        return result

    def nack(self, *args: Any, **kwargs: Any) -> bool:
        result = self._store.nack(*args, **kwargs)
        self._answers.append("nack")
        return result

    async def anack(self, *args: Any, **kwargs: Any) -> bool:
        result = await self._store.anack(*args, **kwargs)
        self._answers.append("nack")
        return result

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
