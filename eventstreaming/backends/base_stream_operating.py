"""What a store promises to those who operate its persistent streams."""

from abc import ABC, abstractmethod
from collections.abc import Collection

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

    aconfigure_stream = async_method(configure_stream)
    astream_settings = async_method(stream_settings)
    atruncate_stream = async_method(truncate_stream)
    adelete_stream = async_method(delete_stream)
