"""The JSON form of what sagas keep."""

from eventstreaming.events import codec, values
from eventstreaming.events.limits import limits
from eventstreaming.types import JSON

NAMES = 1_000  # bytes of JSON


def stored_form(value: object, field: str) -> JSON:
    """
    Return a value as JSON that can be stored; raise InvalidArgument if none can.

    It is stored in an event and in a message, too, where names stand beside it.
    """
    data = values.canonical(codec.dump(value, field), field)
    values.to_json(data, field, max(limits().data_bytes - NAMES, 1))
    return data
