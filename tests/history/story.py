"""Writing a history by hand, for the tests of the checker."""

from typing import Any

from tests.history.facts import Facts
from tests.history.final import (
    CheckpointRow,
    EffectRow,
    FinalState,
    StoredEventRow,
    StoredMessageRow,
    StreamRow,
)
from tests.history.operations import History, Operation
from tests.history.outcomes import Outcome

SECOND = 1_000_000  # of the database's clock

# `during` of an operation without an end.
Span = tuple[float, float]


class Story:
    """
    Operations one after another, unless `during` says when.

    An operation that is given no outcome is ok. What it leaves in the tables
    is told apart, by `store_…()` and `effect()`.
    """

    def __init__(self, *, drained: bool = True) -> None:
        self.operations: list[Operation] = []
        self._now = 0.0
        self._final: dict[str, Any] = {"drained": drained}

    def operation(
        self,
        name: str,
        arguments: dict[str, Any],
        result: dict[str, Any] | None = None,
        *,
        outcome: Outcome = "ok",
        during: Span | None = None,
        process: str = "p",
        block: int | None = None,
    ) -> int:
        """Add any operation; return its number."""
        began, ended = during or (self._now + 1, self._now + 2)
        self._now = max(self._now, began, ended if outcome != "info" else began)
        number = len(self.operations) + 1
        self.operations.append(
            Operation(
                process=process,
                number=number,
                name=name,
                arguments=arguments,
                outcome=outcome,
                result=result or {},
                began=began,
                ended=float("inf") if outcome == "info" else ended,
                block=block,
            )
        )
        return number

    def block(self, outcome: Outcome = "ok", **more: Any) -> int:
        """Add a transaction; `writes` names the item of all that it writes."""
        arguments = {"writes": more.pop("writes")} if "writes" in more else {}
        return self.operation("block", arguments, outcome=outcome, **more)

    def enqueue(
        self,
        *items: str,
        ids: list[int] | None = None,
        queue: str = "q",
        digest: str = "d",
        **more: Any,
    ) -> None:
        """Add an enqueue; without ids its outcome is not known."""
        result = {} if ids is None else {"ids": ids}
        more.setdefault("outcome", "info" if ids is None else "ok")
        contents = [[item, digest] for item in items]
        arguments = {"queue": queue, "contents": contents, "expires": False}
        self.operation("enqueue", arguments, result, **more)

    def deliver(
        self,
        number: int,
        item: str,
        *,
        token: int = 1,
        claimed: float = 0.0,
        timeout: float = 10.0,
        asked_at: float | None = None,
        deliveries: int | None = None,
        attempts: int = 0,
        digest: str = "d",
        queue: str = "q",
        times: int = 1,
        limit: int = 1,
        **more: Any,
    ) -> None:
        """Add a dequeue that gives one message; the times are in seconds."""
        delivery = {
            "id": number,
            "token": token,
            "deliveries": token if deliveries is None else deliveries,
            "attempts": attempts,
            "until": round((claimed + timeout) * SECOND),
            "item": item,
            "digest": digest,
        }
        self.operation(
            "dequeue",
            {
                "queue": queue,
                "limit": limit,
                "timeout": timeout,
                "asked_at": round((claimed if asked_at is None else asked_at) * SECOND),
            },
            {"deliveries": [delivery] * times},
            **more,
        )

    def answer(
        self,
        name: str,
        number: int,
        token: int | None = 1,
        *,
        lost: str | None = None,
        result: dict[str, Any] | None = None,
        queue: str = "q",
        **arguments: Any,
    ) -> None:
        """Add an acknowledge, nack, extend, release or bury; `lost` is why not."""
        place = {
            key: arguments.pop(key)
            for key in ("outcome", "during", "process", "block")
            if key in arguments
        }
        if lost is not None:
            place["outcome"] = "fail"
            result = {"error": "LeaseLost", "reason": lost}
        arguments = {"queue": queue, "messages": [[number, token]], **arguments}
        self.operation(name, arguments, result, **place)

    def nack(
        self, number: int, token: int = 1, *, again: bool = True, **more: Any
    ) -> None:
        """Add a nack; the message goes on, or dies."""
        more.setdefault("dead_letter", False)
        more.setdefault("max_attempts", None)
        self.answer("nack", number, token, result={"again": again}, **more)

    def append(
        self,
        *items: str,
        stream: str = "s",
        offset: int = 0,
        position: int = 1,
        expected: int | str = "ANY_VERSION",
        stored: bool = True,
        **more: Any,
    ) -> None:
        """Add an append, and its events in the table unless `stored` is False."""
        rows = [
            StoredEventRow(
                stream, offset + n, position + n, f"id-{item}", "T", item, "d"
            )
            for n, item in enumerate(items)
        ]
        places = [[row.offset, row.position, row.event_id] for row in rows]
        known = more.get("outcome", "ok") == "ok"
        self.operation(
            "append",
            {
                "stream": stream,
                "expected": expected,
                "contents": [[item, "d"] for item in items],
            },
            more.pop("result", {"places": places} if known else {}),
            **more,
        )
        if stored:
            self.store_events(*rows)

    def read(
        self, *events: StoredEventRow, source: str = "*", start: int = 0, **more: Any
    ) -> None:
        """Add a read that gave some events."""
        options = {
            key: more.pop(key)
            for key in ("limit", "backwards", "event_types")
            if key in more
        }
        given = [[e[0], e[1], e[2], e[3], e.item, e.digest] for e in events]
        arguments = {"source": source, "start": start, **options}
        self.operation("read", arguments, {"events": given}, **more)

    def store_events(self, *rows: StoredEventRow) -> None:
        """Put events into the table."""
        self._final.setdefault("events", []).extend(rows)

    def store_stream(self, name: str, first: int, following: int) -> None:
        """Put a stream's head into the table."""
        row = StreamRow(name, first, following)
        self._final.setdefault("streams", []).append(row)

    def store_message(
        self, number: int, item: str, *, digest: str = "d", reason: str | None = None
    ) -> None:
        """Put a message into the table; with a reason, a dead letter."""
        table = "messages" if reason is None else "dead_letters"
        row = StoredMessageRow("q", number, 1, item, digest, reason)
        self._final.setdefault(table, []).append(row)

    def checkpoint(self, source: str, place: int | None, name: str = "sub") -> None:
        """Put a checkpoint into the table."""
        row = CheckpointRow(name, source, None, place)
        self._final.setdefault("checkpoints", []).append(row)

    def effect(self, kind: str, item: str, place: int | None = None) -> None:
        """Put a handler's trace into the table."""
        self._final.setdefault("effects", []).append(EffectRow(kind, item, place))

    def final(self, **more: Any) -> None:
        """Set other fields of the final state."""
        self._final.update(more)

    def facts(self) -> Facts:
        """Return the history as the checks see it."""
        return Facts(History(self.operations, FinalState(**self._final)))


def event(
    item: str, *, stream: str = "s", offset: int = 0, position: int = 1
) -> StoredEventRow:
    """Return an event as `Story.append()` stores it."""
    return StoredEventRow(stream, offset, position, f"id-{item}", "T", item, "d")
