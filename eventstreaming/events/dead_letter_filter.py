"""Which dead letters are meant."""

from collections.abc import Iterable
from dataclasses import dataclass

from eventstreaming.events import arguments
from eventstreaming.events.enqueue_options import edited_headers
from eventstreaming.events.envelopes import NewMessage, new_message
from eventstreaming.events.limits import limits
from eventstreaming.exceptions import InvalidValue
from eventstreaming.types import JSON, Duration


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetterFilter:
    """Conditions that all must hold; None is none. Ages are in seconds."""

    stream_name: str | None = None
    ids: list[int] | None = None
    reason: str | None = None
    fingerprint: str | None = None
    older_than: float | None = None
    newer_than: float | None = None
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class Edit:
    """What a dead letter is sent back with; None leaves it as it was."""

    message: NewMessage | None = None
    headers: dict[str, JSON] | None = None


def dead_letter_filter(
    stream_name: str | None,
    ids: Iterable[str] | None,
    *,
    reason: str | None,
    fingerprint: str | None,
    older_than: Duration | None,
    newer_than: Duration | None,
    limit: int | None,
) -> DeadLetterFilter:
    """Check the conditions. Raise InvalidValue or InvalidType naming one."""
    return DeadLetterFilter(
        stream_name=None if stream_name is None else arguments.stream_name(stream_name),
        ids=None if ids is None else arguments.message_ids(ids),
        reason=arguments.text(reason, "reason"),
        fingerprint=arguments.text(fingerprint, "fingerprint"),
        older_than=_age(older_than, "older_than"),
        newer_than=_age(newer_than, "newer_than"),
        limit=arguments.optional_integer(limit, "limit", 1),
    )


def checked_edit(chosen: DeadLetterFilter, message: object, headers: object) -> Edit:
    """Check what a dead letter is edited to; only one at a time can be."""
    if message is None and headers is None:
        return Edit()
    if chosen.ids is None or len(set(chosen.ids)) != 1:
        raise InvalidValue("ids", "must be one id when message or headers are given")
    return Edit(
        None if message is None else new_message(message),
        None if headers is None else edited_headers(headers),
    )


def _age(value: Duration | None, field: str) -> float | None:
    return None if value is None else arguments.seconds(value, field, limits().delay)
