"""What one waits for, as text: it is the payload of a NOTIFY."""

from functools import lru_cache

from eventstreaming.events import arguments

ALL_STREAMS = "*"
ANYTHING = ""  # announced instead of many topics
SCHEDULES = "$$schedules"  # no queue has such a name


def stream_topic(stream_name: str) -> str:
    """Return the topic of what is appended to a stream."""
    return stream_name


def category_topic(category: str) -> str:
    """Return the topic of what is appended to the streams of a category."""
    return f"{category}-*"


def queue_topic(stream_name: str) -> str:
    """Return the topic of what is enqueued; no stream name begins with a `$`."""
    return f"${stream_name}"


def queues_among(topics: list[str]) -> list[str]:
    """Return the names of the queues among topics."""
    return [topic[1:] for topic in topics if topic.startswith("$")]


def streams_among(topics: list[str]) -> list[str]:
    """Return the topics about events: streams, categories, all."""
    return [topic for topic in topics if not topic.startswith("$")]


@lru_cache(maxsize=4096)
def topics_of(announced: str) -> tuple[str, ...]:
    """Return the topics that an announced one is news for, itself first."""
    if announced.startswith(("$", "?")):
        return (announced,)
    category = category_topic(arguments.category_of(announced))
    return announced, category, ALL_STREAMS
