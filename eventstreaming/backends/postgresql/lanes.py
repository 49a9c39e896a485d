"""Where the claims of this process have come to in each queue."""

from collections.abc import Iterable
from threading import Lock

from eventstreaming import clock

RESTART_EVERY = 0.25  # seconds: what comes back behind a lane's place waits no longer
LOOK_EVERY = 1.0  # seconds between looks for due messages, unless one is known
LOOK_AT_MOST_EVERY = 0.02
SWEEP_EVERY = 30.0  # seconds
CHEAP = 0.005  # seconds: a second look that need not be saved
REST_AFTER_LOOK = 4  # times as long as a second look took that was not cheap

LOWEST, BEYOND = -32_768, 32_768  # bounds of all ranks
MOST_LANES = 16
MOST_QUEUES = 10_000

Range = tuple[int, int, int]  # from behind (rank, id) to before a rank
EVERYTHING: list[Range] = [(LOWEST, 0, BEYOND)]


class Lanes:
    """
    The lanes of one queue, one for each rank, and how far each is claimed.

    A claim looks only where no claim has been: behind each lane's place, and
    between the lanes, so a message of a higher priority comes first whenever it
    was enqueued. What becomes visible behind a place (a lease that ends, an id
    that commits late) is seen when the queue is walked from its beginning again,
    at least every 0.25 s; what this process gives back, at once.
    """

    def __init__(self) -> None:
        now = clock.monotonic()
        self.look_at = now  # for due messages
        self.sweep_at = now  # groups
        self.swept_to = ""
        self.generation = 0
        self.was_empty = False  # when a worker claimed last
        self._lock = Lock()
        self._places: dict[int, int] = {}
        self._restarted_at = now - RESTART_EVERY
        self._look_again_at = now
        self._looked_in_vain = False

    def ranges(self) -> list[Range]:
        """Return where to look now, in the order of delivery."""
        with self._lock:
            restart = clock.monotonic() - self._restarted_at >= RESTART_EVERY
            if restart or not self._places:
                return EVERYTHING
            ranges = []
            rank, number = LOWEST, 0
            for next_rank in sorted(self._places):
                ranges.append((rank, number, next_rank))
                rank, number = next_rank, self._places[next_rank]
            return [*ranges, (rank, number, BEYOND)]

    def may_look_again(self) -> bool:
        """Say whether to look from the beginning, where claims have been."""
        return clock.monotonic() >= self._look_again_at

    def looked_again(self, seconds: float, *, found: bool) -> None:
        """
        Note how long a look from the beginning took, and whether it found messages.

        A rest comes after two in a row that took long for nothing: one alone may be
        slow because the machine is.
        """
        was_in_vain = self._looked_in_vain
        self._looked_in_vain = seconds > CHEAP and not found
        if was_in_vain and self._looked_in_vain:
            self._look_again_at = clock.monotonic() + seconds * REST_AFTER_LOOK

    def claimed(
        self,
        places: Iterable[tuple[int, int]],
        *,
        ranges: list[Range],
        generation: int,
        to_the_end: bool,
    ) -> None:
        """
        Move on behind the places, (rank, id), that a claim has leased.

        `generation` is that from before the claim: what was given back since
        may lie before the places.
        """
        with self._lock:
            if self.generation != generation:
                return
            if ranges is EVERYTHING:
                self._restarted_at = clock.monotonic()
            last = None
            for last in places:
                rank, number = last
                self._places[rank] = max(self._places.get(rank, 0), number)
            if ranges is EVERYTHING and not to_the_end and last is not None:
                self._places[last[0]] = last[1]
                for rank in [rank for rank in self._places if rank > last[0]]:
                    del self._places[rank]
            while len(self._places) > MOST_LANES:
                del self._places[max(self._places)]

    def step_back(self, number: int) -> None:
        """Look again from a message on that was given back, or whose group goes on."""
        with self._lock:
            self.generation += 1
            for rank, place in self._places.items():
                self._places[rank] = min(place, number - 1)

    def restart(self) -> None:
        """Look from the beginning next time."""
        with self._lock:
            self.generation += 1
            self._restarted_at = clock.monotonic() - RESTART_EVERY

    def look_now(self) -> None:
        """Look for due messages, and from the beginning, next time."""
        self.look_at = clock.monotonic()
        self.restart()

    def expect(self, seconds: float) -> None:
        """Look for due messages in so many seconds, or before."""
        pause = min(max(seconds, LOOK_AT_MOST_EVERY), LOOK_EVERY)
        self.look_at = min(self.look_at, clock.monotonic() + pause)

    def looked(self, next_due: float | None) -> None:
        """Note a look for due messages, and in how many seconds the next is due."""
        self.look_at = clock.monotonic() + LOOK_EVERY
        if next_due is not None:
            self.expect(next_due)

    def swept(self, group_keys: list[str], *, to_the_end: bool) -> None:
        """Note a page of groups that was looked after; the next call goes on."""
        self.swept_to = "" if to_the_end else group_keys[-1]
        if to_the_end:
            self.sweep_at = clock.monotonic() + SWEEP_EVERY


_lanes: dict[tuple[str, str], Lanes] = {}


def lanes_of(database: str, queue: str) -> Lanes:
    """Return the lanes of a queue, which all threads of this process share."""
    found = _lanes.get((database, queue))
    if found is None:
        if len(_lanes) >= MOST_QUEUES:
            _lanes.clear()
        found = _lanes.setdefault((database, queue), Lanes())
    return found
