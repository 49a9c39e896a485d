"""Finding what is declared under the name of a projection."""

from eventstreaming.processing.projections.declaring import Projection
from eventstreaming.processing.projections.exceptions import (
    UnknownProjection,
)
from eventstreaming.processing.registry import EventSubscription, handlers


def declared_projection(name: str, store: str) -> EventSubscription:
    """Return the subscription of a projection. Raise UnknownProjection."""
    found = handlers.subscriptions.get(name)
    if found is None or found.store != store or projection_of(found) is None:
        known = [
            one.name
            for one in handlers.subscriptions.values()
            if one.store == store and projection_of(one) is not None
        ]
        raise UnknownProjection(name, sorted(known))
    return found


def projection_of(declared: EventSubscription | None) -> Projection | None:
    """Return the projection that a subscription runs, if it is one."""
    function = None if declared is None else declared.function
    return function if isinstance(function, Projection) else None
