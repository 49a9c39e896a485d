"""Ids of events, which are made in the order of time."""

from typing import Final
from uuid import UUID, SafeUUID

from uuid_utils import uuid7

_new: Final = object.__new__
_set: Final = object.__setattr__
_UNKNOWN: Final = SafeUUID.unknown


def new_id() -> UUID:
    """
    Return a UUID of version 7; each is greater than those this process made before.

    One of the standard library, made as `uuid_utils.compat` makes it, in half the time.
    """
    made = _new(UUID)
    _set(made, "int", uuid7().int)
    _set(made, "is_safe", _UNKNOWN)
    return made
