"""Letting time pass in a test, without waiting for it."""

from eventstreaming.backends import DEFAULT_ALIAS, event_stores
from eventstreaming.backends.twins import async_function
from eventstreaming.events import arguments
from eventstreaming.types import Duration

MOST = 100 * 366 * 86_400.0  # seconds


def pass_time(duration: Duration, *, store: str = DEFAULT_ALIAS) -> None:
    """
    Let a store be as it will be after `duration`, if nothing happens meanwhile.

    Delayed messages come due, leases and expiries end, retries of subscriptions
    are due, keys and dead letters become older. The database's clock stays as it
    is: the rows are moved back in time, in the transaction of the test. Events are
    immutable and keep their times.
    """
    event_stores[store].pass_time(arguments.seconds(duration, "duration", MOST))


apass_time = async_function(pass_time)
