"""How many messages a queue has: counted while there are few, estimated beyond."""

from collections.abc import Sequence
from dataclasses import replace

from eventstreaming.backends.relational import RelationalStore
from eventstreaming.events import arguments
from eventstreaming.types import QueueInfo

COUNT_BOUND = 10_000  # messages of one state
LIST_BOUND = 3_000  # of all queues of a list together
LEAST = 100  # of each queue of a list
LIVE = ("ready", "in_flight", "delayed", "blocked")


class CountOperations(RelationalStore):
    """
    Counts that cost the same whatever the backlog is.

    An estimate comes from a sample of the table's pages, so it is of this
    moment and needs no statistics. It is never below what was counted.
    """

    def queue_info(self, stream_name: str, *, exact: bool = False) -> QueueInfo:
        """See services.queue_info(). One statement."""
        stream_name = arguments.stream_name(stream_name)
        bound = None if arguments.flag(exact, "exact") else COUNT_BOUND + 1
        (info,) = self._infos([stream_name], bound)
        return info

    def queue_infos(self, stream_names: Sequence[str]) -> list[QueueInfo]:
        """
        See BaseQueues.queue_infos(). One statement.

        Several queues share a bound, so that it costs hardly more rows, either.
        """
        bound = COUNT_BOUND
        if len(stream_names) > 1:
            bound = min(bound, max(LEAST, LIST_BOUND // len(stream_names)))
        return self._infos(stream_names, bound + 1)

    def _infos(self, stream_names: Sequence[str], bound: int | None) -> list[QueueInfo]:
        params = {"queues": list(stream_names), "bound": bound}
        rows = self._execute("queue_info", params) if stream_names else []
        infos = []
        for name, (*counts, sampled) in zip(stream_names, rows, strict=True):
            info = _counted(name, bound, *counts)
            infos.append(_estimated(info, sampled, bound))
        return infos


def _counted(
    name: str,
    bound: int | None,
    ready: int,
    due: int,
    in_flight: int,
    delayed: int,
    blocked: int,
    dead: int,
    oldest_age: float | None,
) -> QueueInfo:
    """Return what was counted, and which counts ended at the bound."""
    walked = {
        ("ready", "in_flight"): ready + in_flight,
        ("ready", "delayed"): due + delayed,
        ("blocked",): blocked,
        ("dead",): dead,
    }
    beyond = {
        state
        for states, count in walked.items()
        for state in states
        if bound is not None and count >= bound
    }
    return QueueInfo(
        stream_name=name,
        ready=ready + due,
        in_flight=in_flight,
        delayed=delayed,
        blocked=blocked,
        dead=dead,
        oldest_age=oldest_age,
        estimated=tuple(state for state in (*LIVE, "dead") if state in beyond),
    )


def _estimated(
    info: QueueInfo, sampled: Sequence[float | None], bound: int | None
) -> QueueInfo:
    """Put estimates in the place of counts that ended at the bound."""
    if not info.estimated:
        return info
    most = (bound or 1) - 1
    counts = {
        state: max(min(getattr(info, state), most), round(sample or 0))
        for state, sample in zip((*LIVE, "dead"), sampled, strict=True)
        if state in info.estimated
    }
    return replace(info, **counts)
