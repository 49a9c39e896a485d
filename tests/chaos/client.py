"""What producers, consumers and readers have in common."""

import os
import random
import signal
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from itertools import count
from pathlib import Path

from django.db import InterfaceError, InternalError, OperationalError, connection

from eventstreaming.exceptions import EventStreamingError

PAUSE_IN_OUTAGE = 0.1  # seconds


class RolledBack(Exception):
    """The reason for a rollback that a client wanted."""


class Client(ABC):
    """
    Acts on the store again and again until SIGTERM.

    Once the file `calm` is there, beside the histories, a client only finishes
    what is there. Its name is its own, even after a restart, so its items are
    unique.
    """

    pause = 0.01  # seconds between two acts, on average

    def __init__(self, seed: str) -> None:
        self.name = os.environ["CHAOS_PROCESS"]
        self.random = random.Random(f"{seed} {self.name}")
        self._calm = Path(os.environ["CHAOS_HISTORY"], "calm")
        self._stopped = False
        self._numbers = count(1)
        signal.signal(signal.SIGTERM, self._on_signal)

    @property
    def calm(self) -> bool:
        """Say whether nothing new is to be begun."""
        return self._calm.exists()

    def new_data(self) -> dict[str, str | int]:
        """Return the data of a new event or message."""
        number = next(self._numbers)
        return {"item": f"{self.name}:{number}", "number": number}

    @abstractmethod
    def act(self) -> None:
        """Do one thing."""

    def run(self) -> None:
        """Act until stopped."""
        while not self._stopped:
            self.attempt(self.act)
            time.sleep(self.pause * 2 * self.random.random())

    def attempt(self, act: Callable[[], None]) -> None:
        """Act once; refusals and outages are part of the run."""
        try:
            act()
        except (EventStreamingError, RolledBack):
            return
        except (OperationalError, InterfaceError, InternalError):
            connection.close()
            time.sleep(PAUSE_IN_OUTAGE)

    def _on_signal(self, number: int, frame: object) -> None:
        self._stopped = True
