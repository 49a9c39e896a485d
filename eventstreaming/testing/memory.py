"""Stores in memory for a test, whatever the settings say."""

from django.test import override_settings
from django.test.utils import TestContextDecorator

from eventstreaming.backends import event_stores
from eventstreaming.backends.memory import reset

BACKEND = "eventstreaming.backends.memory.MemoryEventStore"


class memory_stores(TestContextDecorator):
    """
    Keep all streams and queues in memory, empty at first and forgotten afterwards.

        @memory_stores()
        class OrderTests(SimpleTestCase): ...

        with memory_stores():
            ...

    It decorates test cases and functions, async ones too, and is a context manager.
    Every alias of EVENT_STORES becomes a store in memory. It has no transactions:
    what is written is there at once, and a rollback does not undo it.
    """

    def enable(self) -> None:
        reset()
        memory = {alias: {"BACKEND": BACKEND} for alias in event_stores}
        self._settings = override_settings(EVENT_STORES=memory)
        self._settings.enable()

    def disable(self) -> None:
        self._settings.disable()
        reset()
