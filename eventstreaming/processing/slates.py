"""
Which messages a worker has begun, where its supervisor reads it after its death.

A process that is killed says nothing any more, but what it wrote into memory that it
shares is there. So a message that only waited beside the one that killed the process
is not taken for another that does.
"""

import mmap
import os
import tempfile
from collections.abc import Iterable
from typing import BinaryIO, Final

from eventstreaming.types import Message

SLOTS = 1024  # messages that are begun, and not answered, at a time
SIZE = 8 * (1 + SLOTS)  # bytes: the first number says that there were more


class Slate:
    """The numbers of the messages that are begun; any thread of a process uses it."""

    def __init__(self) -> None:
        self._numbers = memoryview(bytearray(SIZE)).cast("q")
        self._free = list(range(SLOTS, 0, -1))
        self._slots: dict[str, int] = {}

    def share(self, number: int) -> None:
        """Write into the file of that number from now on."""
        self._numbers = memoryview(mmap.mmap(number, SIZE)).cast("q")
        os.close(number)  # a handler's own children have none

    def begin(self, message: Message) -> None:
        """Note that a handler is about to get a message."""
        try:
            number, slot = int(message.message_id), self._free.pop()
            self._numbers[slot] = number
        except (IndexError, ValueError):  # too many, or of a store with other ids
            self._numbers[0] = 1
        else:
            self._slots[message.receipt] = slot

    def end(self, messages: Iterable[Message]) -> None:
        """Note that messages are answered, or not held any more."""
        for message in messages:
            slot = self._slots.pop(message.receipt, None)
            if slot is not None:
                self._numbers[slot] = 0
                self._free.append(slot)

    def begun(self) -> list[str] | None:
        """Return the ids of what is begun; None if that is not known."""
        return _begun(self._numbers)


class SharedSlate:
    """The supervisor's side: a file without a name, which a child writes into."""

    def __init__(self) -> None:
        self._file: BinaryIO = tempfile.TemporaryFile()  # noqa: SIM115 (see close())
        self._file.truncate(SIZE)

    def fileno(self) -> int:
        """Return its number, for the child to inherit."""
        return self._file.fileno()

    def begun(self) -> list[str] | None:
        """See Slate.begun()."""
        self._file.seek(0)
        return _begun(memoryview(self._file.read()).cast("q"))

    def close(self) -> None:
        """Give up the file."""
        self._file.close()


def _begun(slate: memoryview) -> list[str] | None:
    more, *numbers = slate.tolist()
    return None if more else [str(number) for number in numbers if number]


slate: Final = Slate()
