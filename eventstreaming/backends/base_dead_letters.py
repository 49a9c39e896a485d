"""What a store promises about messages that are not delivered again."""

from abc import ABC, abstractmethod
from collections.abc import Iterable

from eventstreaming.backends.twins import async_method
from eventstreaming.types import JSON, DeadLetter, Duration


class BaseDeadLetters(ABC):
    """Dead letters. What each method does stands in `services`."""

    @abstractmethod
    def dead_letters(
        self,
        stream_name: str | None = None,
        *,
        reason: str | None = None,
        fingerprint: str | None = None,
        older_than: Duration | None = None,
        newer_than: Duration | None = None,
        limit: int = 100,
    ) -> list[DeadLetter]:
        """See services.dead_letters()."""

    @abstractmethod
    def redrive(
        self,
        stream_name: str,
        ids: Iterable[str] | None = None,
        *,
        reason: str | None = None,
        fingerprint: str | None = None,
        older_than: Duration | None = None,
        newer_than: Duration | None = None,
        limit: int | None = None,
        message: object = None,
        headers: dict[str, JSON] | None = None,
    ) -> int:
        """See services.redrive()."""

    @abstractmethod
    def discard(
        self,
        stream_name: str,
        ids: Iterable[str] | None = None,
        *,
        reason: str | None = None,
        fingerprint: str | None = None,
        older_than: Duration | None = None,
        newer_than: Duration | None = None,
        limit: int | None = None,
    ) -> int:
        """See services.discard()."""

    @abstractmethod
    def count_dead_letters(
        self,
        stream_name: str | None = None,
        ids: Iterable[str] | None = None,
        *,
        reason: str | None = None,
        fingerprint: str | None = None,
        older_than: Duration | None = None,
        newer_than: Duration | None = None,
    ) -> int:
        """Return how many dead letters there are that meet all conditions."""

    @abstractmethod
    def dead_letter_queues(self) -> list[str]:
        """Return the names of the queues that have dead letters, in order."""

    adead_letters = async_method(dead_letters)
    aredrive = async_method(redrive)
    adiscard = async_method(discard)
