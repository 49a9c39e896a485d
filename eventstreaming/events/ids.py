"""Ids of events, which are made in the order of time."""

from typing import Final
from uuid import UUID, SafeUUID

from uuid_utils import UUID as DrawnId
from uuid_utils import uuid7 as draw_id

__all__ = ["DrawnId", "as_uuid", "draw_id", "new_id"]

_new: Final = object.__new__
_set: Final = object.__setattr__
_UNKNOWN: Final = SafeUUID.unknown


def new_id() -> UUID:
    """Return a UUID of version 7, greater than those this process made before."""
    return as_uuid(draw_id())


def as_uuid(drawn: DrawnId) -> UUID:
    """
    Return what draw_id() has returned as a UUID of the standard library.

    It is made as `uuid_utils.compat` makes it, in half the time.
    """
    made = _new(UUID)
    _set(made, "int", drawn.int)
    _set(made, "is_safe", _UNKNOWN)
    return made
