"""
A check for django-health-check 4, of which the extra `health` installs one.

    HealthCheckView.as_view(
        checks=["eventstreaming.contrib.health_check.EventStreaming"]
    )
"""

from dataclasses import dataclass

from asgiref.sync import sync_to_async
from django.db import DatabaseError
from health_check.base import HealthCheck
from health_check.exceptions import ServiceUnavailable, ServiceWarning

from eventstreaming.backends import DEFAULT_ALIAS
from eventstreaming.operations.health_bounds import health_bounds
from eventstreaming.operations.status import store_status
from eventstreaming.operations.thresholds import problems

SHOWN = 5


@dataclass
class EventStreaming(HealthCheck):  # type: ignore[misc]  # it comes without types
    """
    Compare the status of a store with the bounds of EVENT_STREAM_HEALTH.

    Beyond those of `degraded` it is a warning, beyond those of `unhealthy`, or when
    the database does not answer, unavailable; the text names what is beyond.
    """

    store: str = DEFAULT_ALIAS

    async def run(self) -> None:
        """Ask in the request's thread, so that its connection is used and closed."""
        bounds = health_bounds()
        try:
            status = await sync_to_async(store_status)(limit=0, store=self.store)
        except DatabaseError as error:
            raise ServiceUnavailable("the database did not answer") from error
        if found := list(problems(status, bounds.unhealthy)):
            raise ServiceUnavailable(_shortened(found))
        if found := list(problems(status, bounds.degraded)):
            raise ServiceWarning(_shortened(found))


def _shortened(lines: list[str]) -> str:
    more = len(lines) - SHOWN
    shown = "; ".join(lines[:SHOWN])
    return f"{shown}; and {more} more" if more > 0 else shown
