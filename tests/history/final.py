"""What the tables hold at the end of a run."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, Self

import psycopg

from tests.history.contents import content_of

FILE_NAME = "final.json"


class StoredEventRow(NamedTuple):
    stream: str
    offset: int
    position: int
    event_id: str
    type: str
    item: str | None
    digest: str


class StoredMessageRow(NamedTuple):
    """A message, or a dead letter: then `reason` says why."""

    queue: str
    id: int
    token: int
    item: str | None
    digest: str
    reason: str | None = None


class StreamRow(NamedTuple):
    name: str
    first_offset: int
    next_offset: int


class CheckpointRow(NamedTuple):
    """`place` is an offset if the source is one stream, else a position."""

    name: str
    source: str
    event_types: list[str] | None
    place: int | None


class EffectRow(NamedTuple):
    """What a handler left: `kind` names the queue or subscription."""

    kind: str
    item: str
    place: int | None = None


@dataclass(frozen=True, kw_only=True)
class FinalState:
    """
    The rows at the end.

    `drained` says that the queues and subscriptions were worked off before;
    `rows` are the items that producers wrote beside their events and messages.
    The subscriptions and queues in `exactly_once` leave an effect in the
    transaction of their checkpoint or `message.atomic()`, the queues in
    `at_least_once` before the message is acknowledged.
    """

    drained: bool = False
    last_position: int | None = None
    streams: list[StreamRow] = field(default_factory=list)
    events: list[StoredEventRow] = field(default_factory=list)
    messages: list[StoredMessageRow] = field(default_factory=list)
    dead_letters: list[StoredMessageRow] = field(default_factory=list)
    checkpoints: list[CheckpointRow] = field(default_factory=list)
    effects: list[EffectRow] = field(default_factory=list)
    rows: list[str] = field(default_factory=list)
    exactly_once: list[str] = field(default_factory=list)
    at_least_once: list[str] = field(default_factory=list)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save()` wrote."""
        state: dict[str, Any] = json.loads((folder / FILE_NAME).read_text())
        for name, row in _ROWS.items():
            state[name] = [row(*values) for values in state[name]]
        return cls(**state)

    def save(self, folder: Path) -> None:
        """Write it beside the histories."""
        (folder / FILE_NAME).write_text(json.dumps(asdict(self)))

    @classmethod
    def read(cls, connection: psycopg.Connection[tuple[Any, ...]], **more: Any) -> Self:
        """Read the package's tables; `more` are the other fields."""
        return cls(
            last_position=connection.execute(_LAST_POSITION).fetchall()[0][0],
            streams=[StreamRow(*row) for row in connection.execute(_STREAMS)],
            events=[
                StoredEventRow(*row[:5], *content_of(row[4], row[5]))
                for row in connection.execute(_EVENTS)
            ],
            messages=[
                StoredMessageRow(*row[:3], *content_of(*row[3:6]), None)
                for row in connection.execute(_MESSAGES)
            ],
            dead_letters=[
                StoredMessageRow(*row[:3], *content_of(*row[3:6]), row[6])
                for row in connection.execute(_DEAD_LETTERS)
            ],
            checkpoints=[
                CheckpointRow(*row) for row in connection.execute(_CHECKPOINTS)
            ],
            **more,
        )


_ROWS: dict[str, Any] = {
    "streams": StreamRow,
    "events": StoredEventRow,
    "messages": StoredMessageRow,
    "dead_letters": StoredMessageRow,
    "checkpoints": CheckpointRow,
    "effects": EffectRow,
}

_LAST_POSITION = """
    SELECT CASE WHEN is_called THEN last_value ELSE last_value - 1 END
      FROM eventstreaming_event_position_seq
"""
_STREAMS = "SELECT name, first_offset, next_offset FROM eventstreaming_stream"
_EVENTS = """
    SELECT s.name, e."offset", e.position, e.event_id::text, e.event_type, e.data
      FROM eventstreaming_event AS e
      JOIN eventstreaming_stream AS s ON s.id = e.stream_id
     ORDER BY e.position
"""
_MESSAGES = """
    SELECT queue, id, lease, message_type, data, headers
      FROM eventstreaming_message ORDER BY id
"""
_DEAD_LETTERS = """
    SELECT queue, id, lease, message_type, data, headers, reason
      FROM eventstreaming_deadletter ORDER BY id
"""
_CHECKPOINTS = """
    SELECT s.name, s.source, s.event_types, coalesce(c."offset", c.position)
      FROM eventstreaming_checkpoint AS c
      JOIN eventstreaming_subscription AS s ON s.id = c.subscription_id
"""
