"""How many messages a queue has: counted while there are few, estimated beyond."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

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
        bound = None if arguments.flag(exact, "exact") else COUNT_BOUND + 1
        (info,) = self._infos([stream_name], bound)
        return info

    def queue_infos(self, stream_names: Sequence[str]) -> list[QueueInfo]:
        """See BaseQueues.queue_infos(). No more statements than for one queue."""
        return self._infos(stream_names, COUNT_BOUND + 1)

    def _infos(self, stream_names: Sequence[str], bound: int | None) -> list[QueueInfo]:
        names = [arguments.stream_name(name) for name in stream_names]
        params = {"queues": names, "bound": bound}
        rows = self._execute("queue_info", params) if names else []
        infos = [
            _counted(name, bound, *row) for name, row in zip(names, rows, strict=True)
        ]
        beyond = [info for info in infos if info.estimated]
        if not beyond:
            return infos
        live = [i.stream_name for i in beyond if set(i.estimated) & set(LIVE)]
        dead = [i.stream_name for i in beyond if "dead" in i.estimated]
        messages = self._sample("sample_messages", live)
        letters = self._sample("sample_dead_letters", dead)
        return [
            _estimated(
                info,
                (
                    *messages.get(info.stream_name, (0,) * len(LIVE)),
                    *letters.get(info.stream_name, (0,)),
                ),
            )
            for info in infos
        ]

    def _sample(self, statement: str, names: list[str]) -> dict[str, tuple[Any, ...]]:
        """Return estimates by queue, of those that the sample met."""
        rows = self._execute(statement, {"queues": names}) if names else []
        return {row[0]: row[1:] for row in rows}


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


def _estimated(info: QueueInfo, sampled: Sequence[float]) -> QueueInfo:
    """Put estimates in the place of counts that ended at the bound."""
    counts = {
        state: max(min(getattr(info, state), COUNT_BOUND), round(sample))
        for state, sample in zip((*LIVE, "dead"), sampled, strict=True)
        if state in info.estimated
    }
    return replace(info, **counts)
