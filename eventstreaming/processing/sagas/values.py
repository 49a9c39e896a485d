"""The JSON form of what sagas keep."""

from eventstreaming.events import codec, values
from eventstreaming.events.limits import limits
from eventstreaming.types import JSON


def stored_form(value: object, field: str) -> JSON:
    """Return a value as JSON that can be stored; raise InvalidArgument if none can."""
    data = values.canonical(codec.dump(value, field), field)
    values.to_json(data, field, limits().data_bytes)
    return data
