"""Doing something once, though its event or message may be delivered again."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from eventstreaming.backends.base_streams import BaseStreams
from eventstreaming.backends.twins import async_block
from eventstreaming.events import arguments
from eventstreaming.events.handling import current_handling
from eventstreaming.exceptions import InvalidType, InvalidValue, UnsupportedOperation
from eventstreaming.types import Message, StoredEvent


class BaseOnce(BaseStreams):
    """What keeps keys of what was done. See services.once()."""

    @contextmanager
    def once(
        self, key: str | StoredEvent | Message, *, scope: str | None = None
    ) -> Iterator[bool]:
        """See services.once()."""
        text = arguments.text(_key_of(key), "key")
        if text is None:
            raise InvalidType("key", "must be a str, an event or a message")
        handling = current_handling()
        named = arguments.text(scope, "scope") or handling.subscription
        named = named or handling.queue
        if named is None:
            raise InvalidValue("scope", "is needed outside of handlers")
        with self.batch():
            yield self.note_once(named, text)

    @asynccontextmanager
    async def aonce(
        self, key: str | StoredEvent | Message, *, scope: str | None = None
    ) -> AsyncIterator[bool]:
        """See once()."""
        async with async_block(self.once(key, scope=scope)) as first:
            yield first

    def note_once(self, scope: str, key: str) -> bool:
        """
        Note a key in the open transaction; say whether it is new.

        Whoever notes the same one waits until the first transaction has ended.
        """
        raise UnsupportedOperation(f"{type(self).__name__} keeps no keys")


def _key_of(key: str | StoredEvent | Message) -> str:
    if isinstance(key, StoredEvent):
        return str(key.event_id)
    if isinstance(key, Message):
        return key.message_id
    return key
