"""How many messages a queue has: counted while there are few, estimated beyond."""

from eventstreaming.backends.relational import RelationalStore
from eventstreaming.events import arguments
from eventstreaming.types import QueueInfo

COUNT_BOUND = 10_000
LIVE = ("ready", "in_flight", "delayed", "blocked")


class CountOperations(RelationalStore):
    """
    Counts that cost the same whatever the backlog is.

    An estimate comes from a sample of the table's pages, so it is of this
    moment and needs no statistics. It is never below what was counted.
    """

    def queue_info(self, stream_name: str, *, exact: bool = False) -> QueueInfo:
        """See services.queue_info(). One statement; two more for estimates."""
        stream_name = arguments.stream_name(stream_name)
        bound = None if arguments.flag(exact, "exact") else COUNT_BOUND + 1
        ((ready, due, in_flight, delayed, blocked, dead, oldest_age),) = self._execute(
            "queue_info", {"queue": stream_name, "bound": bound}
        )
        counts = {
            "ready": ready + due,
            "in_flight": in_flight,
            "delayed": delayed,
            "blocked": blocked,
            "dead": dead,
        }
        estimated: list[str] = []
        if bound is not None:
            walked = (ready + in_flight, due + delayed, blocked, dead)
            names = (("ready", "in_flight"), ("ready", "delayed"), LIVE[3:], ("dead",))
            beyond = {
                name
                for count, states in zip(walked, names, strict=True)
                for name in states
                if count >= bound
            }
            estimated = [name for name in counts if name in beyond]
            self._estimate(stream_name, counts, estimated)
        return QueueInfo(
            stream_name=stream_name,
            **counts,
            oldest_age=oldest_age,
            estimated=tuple(estimated),
        )

    def _estimate(
        self, stream_name: str, counts: dict[str, int], estimated: list[str]
    ) -> None:
        """Put estimates in the place of counts that ended at the bound."""
        sampled: dict[str, float] = {}
        if set(estimated) & set(LIVE):
            rows = self._execute("sample_messages", {"queue": stream_name})
            sampled |= zip(LIVE, rows[0] if rows else (0,) * 4, strict=True)
        if "dead" in estimated:
            rows = self._execute("sample_dead_letters", {"queue": stream_name})
            sampled["dead"] = rows[0][0] if rows else 0
        for name in estimated:
            counts[name] = max(min(counts[name], COUNT_BOUND), round(sampled[name]))
