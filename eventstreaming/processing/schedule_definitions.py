"""What a schedule enqueues, and when."""

from dataclasses import dataclass
from typing import Any, Self

from eventstreaming.backends import DEFAULT_ALIAS
from eventstreaming.events import arguments
from eventstreaming.events.envelopes import new_message
from eventstreaming.processing.timetables import Timetable
from eventstreaming.types import JSON, Duration

MOST_CATCH_UP = 1_000
LONGEST_JITTER = 86_400.0  # seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleDefinition:
    """A schedule as code declares it, checked."""

    name: str
    timetable: Timetable
    queue: str
    message_type: str
    schema_version: int
    data: JSON
    priority: int
    catch_up: int
    jitter: float
    overlap: bool
    store: str

    @classmethod
    def of(
        cls,
        name: str,
        queue: str,
        message: object,
        timetable: Timetable,
        *,
        priority: int = 0,
        catch_up: int = 1,
        jitter: Duration = 0.0,
        overlap: bool = True,
        store: str = DEFAULT_ALIAS,
    ) -> Self:
        """Check what was declared. Raise InvalidValue or InvalidType."""
        new = new_message({} if message is None else message)
        return cls(
            name=arguments.stream_name(name, "name"),
            timetable=timetable,
            queue=arguments.stream_name(queue, "queue"),
            message_type=new.message_type,
            schema_version=new.schema_version,
            data=new.data,
            priority=arguments.integer(priority, "priority", -32_767, 32_767),
            catch_up=arguments.integer(catch_up, "catch_up", 0, MOST_CATCH_UP),
            jitter=arguments.seconds(jitter, "jitter", LONGEST_JITTER),
            overlap=arguments.flag(overlap, "overlap"),
            store=store,
        )

    def columns(self) -> dict[str, Any]:
        """Return the columns of its row, all but the name."""
        return {
            "cron": self.timetable.cron,
            "every": self.timetable.every,
            "timezone": self.timetable.timezone,
            "queue": self.queue,
            "message_type": self.message_type,
            "schema_version": self.schema_version,
            "data": self.data,
            "priority": self.priority,
            "catch_up": self.catch_up,
            "jitter": self.jitter,
            "overlap": self.overlap,
        }
