"""What a store promises to those who operate its persistent streams."""

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator

from eventstreaming.backends.twins import async_method
from eventstreaming.events.stream_settings import StreamSettings
from eventstreaming.events.unset import UNSET, Unset
from eventstreaming.exceptions import UnsupportedOperation
from eventstreaming.types import ANY_VERSION, Duration, ExpectedVersion


class BaseStreamOperating(ABC):
    """Settings and removal. What each method does stands in `services`."""

    @abstractmethod
    def configure_stream(
        self,
        pattern: str,
        *,
        concurrent: bool | Unset | None = UNSET,
        max_age: Duration | Unset | None = UNSET,
        max_count: int | Unset | None = UNSET,
        max_bytes: int | Unset | None = UNSET,
        keep_forever: bool | Unset = UNSET,
        until_consumed: bool | Unset | None = UNSET,
        description: str | Unset = UNSET,
        tags: Collection[str] | Unset = UNSET,
    ) -> None:
        """See services.configure_stream()."""

    @abstractmethod
    def stream_settings(self, stream_name: str) -> StreamSettings:
        """See services.stream_settings()."""

    def truncate_stream(self, stream_name: str, before_offset: int) -> int:
        """See services.truncate_stream()."""
        raise UnsupportedOperation(f"{type(self).__name__} keeps all events")

    def delete_stream(
        self, stream_name: str, *, expected_version: ExpectedVersion = ANY_VERSION
    ) -> int:
        """See services.delete_stream()."""
        raise UnsupportedOperation(f"{type(self).__name__} keeps all streams")

    def raise_first_offset(self, stream_name: str, before: int) -> None:
        """
        Hide a stream's events below an offset, but none that is still to come.

        The first half of truncate_stream(). Raise StreamDeleted.
        """
        raise UnsupportedOperation(f"{type(self).__name__} keeps all events")

    def remove_truncated(self, stream_name: str, batch_size: int) -> Iterator[int]:
        """
        Delete the events that a raised first offset or a deletion hides.

        The second half of truncate_stream(): yield how many after each batch.
        """
        raise UnsupportedOperation(f"{type(self).__name__} keeps all events")

    aconfigure_stream = async_method(configure_stream)
    astream_settings = async_method(stream_settings)
    atruncate_stream = async_method(truncate_stream)
    adelete_stream = async_method(delete_stream)
