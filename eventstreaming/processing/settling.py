"""A message as its handler gets it: its nack() obeys the handler's policy."""

from typing import Any

from eventstreaming.backends.answering import AnswerableStore
from eventstreaming.processing.retry import RetryPolicy
from eventstreaming.types import Message


class HandlersStore(AnswerableStore):
    """The message's store, with the retry policy of its handler."""

    def __init__(self, message: Message, retry: RetryPolicy) -> None:
        super().__init__(message.store)
        self._attempt = message.attempts + 1
        self._retry = retry

    def _decision(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Fill in what the handler left open."""
        if asked["delay"] is not None or asked["dead_letter"]:
            return {**asked, "max_attempts": self._retry.max_attempts}
        return {**asked, **self._retry.decision(self._attempt, asked["error"])}
