"""How messages are to be delivered: what a caller says of it, checked."""

from collections.abc import Mapping
from typing import Any

import msgspec

from eventstreaming.events import arguments, codec, values
from eventstreaming.events.correlation import current_correlation
from eventstreaming.events.limits import limits
from eventstreaming.exceptions import InvalidValue
from eventstreaming.types import JSON

WINDOW_AT_MOST = 7 * 86_400.0  # seconds; so long are keys kept


class EnqueueOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How messages are to be delivered, checked."""

    delay: float
    priority: int
    group_key: str | None
    deduplication_key: str | None
    deduplication_window: float | None
    expires_in: float | None
    headers: dict[str, JSON]
    correlation_id: str | None


PLAIN = EnqueueOptions(
    delay=0.0,
    priority=0,
    group_key=None,
    deduplication_key=None,
    deduplication_window=None,
    expires_in=None,
    headers={},
    correlation_id=None,
)
_NONE_GIVEN = (None,) * 6
_NO_PRIORITY = 0


def enqueue_options(
    *,
    delay: Any,
    priority: int,
    group_key: str | None,
    deduplication_key: str | None,
    expires_in: Any,
    headers: Mapping[str, JSON] | None,
    correlation_id: str | None,
    deduplication_window: Any = None,
) -> EnqueueOptions:
    """Check the options of `enqueue()` and `enqueue_many()`."""
    given = (delay, group_key, deduplication_key, expires_in, headers, correlation_id)
    if given == _NONE_GIVEN and priority is _NO_PRIORITY:
        story = current_correlation().correlation_id
        if story is None and deduplication_window is None:
            return PLAIN
    if group_key is not None and priority != 0:
        raise InvalidValue("priority", "a message with a group_key has none")
    if deduplication_window is not None:
        deduplication_window = arguments.seconds(
            deduplication_window, "deduplication_window", WINDOW_AT_MOST
        )
        if deduplication_key is None:
            raise InvalidValue("deduplication_window", "needs a deduplication_key")
    return EnqueueOptions(
        delay=arguments.optional_delay(delay) or 0.0,
        priority=arguments.integer(priority, "priority", -32_767, 32_767),
        group_key=arguments.text(group_key, "group_key"),
        deduplication_key=arguments.text(deduplication_key, "deduplication_key"),
        deduplication_window=deduplication_window,
        expires_in=arguments.optional_delay(expires_in, "expires_in"),
        headers=_object(arguments.mapping(headers, "headers"), "headers"),
        correlation_id=arguments.text(correlation_id, "correlation_id")
        or current_correlation().correlation_id,
    )


def edited_headers(headers: object) -> dict[str, JSON]:
    """Check headers that take the place of a message's."""
    return _object(arguments.mapping(headers, "headers"), "headers")


def _object(value: Mapping[str, JSON], field: str) -> dict[str, JSON]:
    if not value:
        return {}
    data: dict[str, JSON] = values.checked(
        codec.dump(dict(value), field, literal=True), field
    )
    values.to_json(data, field, limits().metadata_bytes)
    return data
