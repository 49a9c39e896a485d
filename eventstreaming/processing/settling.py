"""Noticing that a handler has answered a message by itself."""

from contextlib import AbstractAsyncContextManager, AbstractContextManager
from datetime import datetime
from typing import Any

import msgspec

from eventstreaming.processing.retry import RetryPolicy
from eventstreaming.types import Duration, Message, MessageStore


def settling(message: Message, retry: RetryPolicy) -> tuple[Message, list[str]]:
    """
    Return the message as a handler gets it, and a list of its answers.

    Its `nack()` goes by the handler's retry policy. The list is filled once
    the message was answered.
    """
    answers: list[str] = []
    store = _HandlersStore(message, retry, answers)
    return msgspec.structs.replace(message, store=store), answers


class _HandlersStore:
    """
    The message's store, noting the calls that answer the message.

    `message.atomic()` acknowledges through the message, so it is noted, too.
    """

    def __init__(
        self, message: Message, retry: RetryPolicy, answers: list[str]
    ) -> None:
        self._store: MessageStore = message.store
        self._attempt = message.attempts + 1
        self._retry = retry
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
        result = self._store.nack(*args, **self._by_policy(kwargs))
        self._answers.append("nack")
        return result

    async def anack(self, *args: Any, **kwargs: Any) -> bool:
        result = await self._store.anack(*args, **self._by_policy(kwargs))
        self._answers.append("nack")
        return result

    def _by_policy(self, decision: dict[str, Any]) -> dict[str, Any]:
        """Fill in what the handler left open."""
        if decision["delay"] is not None or decision["dead_letter"]:
            return {**decision, "max_attempts": self._retry.max_attempts}
        return {**decision, **self._retry.decision(self._attempt, decision["error"])}

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
