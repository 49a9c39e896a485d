"""Who waits in this process for what is written to a store."""

import os
from collections.abc import Callable, Hashable, Iterable, Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Final, TypeAlias

from eventstreaming.backends.waking.topics import ANYTHING, topics_of

# Called from any thread. Its argument says whether more may come unannounced.
Ring: TypeAlias = Callable[[bool], None]


class Waiters:
    """
    Rings by topic. Whoever waits for several topics may be rung for each.

    A tuple is never changed, so those who ring need no lock: they are in a hurry.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._rings: dict[str, tuple[Ring, ...]] = {}

    @contextmanager
    def waiting(self, topics: Iterable[str], ring: Ring) -> Iterator[None]:
        """Call `ring` inside the block when there is news on one of the topics."""
        chosen = list(topics)
        with self._lock:
            for topic in chosen:
                self._rings[topic] = (*self._rings.get(topic, ()), ring)
        try:
            self.begin()
            yield
        finally:
            with self._lock:
                for topic in chosen:
                    left = list(self._rings[topic])
                    left.remove(ring)
                    if left:
                        self._rings[topic] = tuple(left)
                    else:
                        del self._rings[topic]

    @property
    def is_live(self) -> bool:
        """Say whether somebody looks now and then for all who wait."""
        return False

    def begin(self) -> None:
        """Do what it takes to hear of news: somebody waits now."""

    def topics(self) -> list[str]:
        """Return what is waited for."""
        with self._lock:
            return list(self._rings)

    def ring(self, announced: str, *, more: bool = True) -> None:
        """Ring who waits for an announced topic; `more` may come unannounced."""
        if not self._rings:
            return
        everything = announced == ANYTHING
        self.ring_topics(
            self.topics() if everything else topics_of(announced), more=more
        )

    def ring_topics(self, topics: Iterable[str], *, more: bool) -> None:
        """Ring who waits for one of these very topics."""
        for topic in topics:
            for ring in self._rings.get(topic, ()):
                ring(more)


_by_place: Final[dict[Hashable, Waiters]] = {}

# Return the process's waiters for a place, if anybody has ever waited there; else None.
known_waiters: Final = _by_place.get  # asked for at each write


def waiters_at(place: Hashable, make: Callable[[], Waiters]) -> Waiters:
    """Return the process's waiters for a place where streams are kept."""
    found = _by_place.get(place)
    return found or _by_place.setdefault(place, make())


# Threads do not live on in a forked process, nor does a listener.
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_by_place.clear)
