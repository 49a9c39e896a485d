"""
What projects and other stores need for their own tests.

`run_until_idle()` runs queue handlers and subscriptions inside a `TestCase`;
`assert_enqueued()` and `assert_appended()` look at what is there; `pass_time()` lets
delays end; `memory_stores()` does without a database. `eventstreaming.testing.plugin`
has fixtures for pytest.

`EventStoreContract` is the contract of every store as tests. A store of your
own passes it, or says by a capability flag which part does not apply to it:

    from django.test import TransactionTestCase
    from eventstreaming.testing import EventStoreContract

    class MyEventStoreTests(EventStoreContract, TransactionTestCase):
        def make_store(self):
            return MyEventStore("contract", url="…")

It is a mixin for Django's test cases: TransactionTestCase for a store on a
database of DATABASES, SimpleTestCase for any other. Its hooks:

- `make_store()` returns a store object; all that one test makes share their
  data. Every thread makes one of its own.
- `advance(seconds)` lets time pass for the store. The default sleeps; a store
  with a clock of its own moves that.
- `atomic()` opens the caller's transaction, if the store `supports_transactions`.
  The default is that of Django on the store's `database`.
- `end_thread()` gives back what a thread holds. The default closes the thread's
  database connections.

The tests use names of their own and do not ask for an empty store. The parts
of the contract are mixins as well, in `eventstreaming.testing.contract`.
"""

from eventstreaming.clock import SimulatedClock, use_clock
from eventstreaming.testing.asserting import (
    aassert_appended,
    aassert_enqueued,
    aassert_not_appended,
    aassert_not_enqueued,
    assert_appended,
    assert_enqueued,
    assert_not_appended,
    assert_not_enqueued,
)
from eventstreaming.testing.contract import EventStoreContract
from eventstreaming.testing.memory import memory_stores
from eventstreaming.testing.passing_time import apass_time, pass_time
from eventstreaming.testing.running import HandlerRun, arun_until_idle, run_until_idle

__all__ = [
    "EventStoreContract",
    "HandlerRun",
    "SimulatedClock",
    "aassert_appended",
    "aassert_enqueued",
    "aassert_not_appended",
    "aassert_not_enqueued",
    "apass_time",
    "arun_until_idle",
    "assert_appended",
    "assert_enqueued",
    "assert_not_appended",
    "assert_not_enqueued",
    "memory_stores",
    "pass_time",
    "run_until_idle",
    "use_clock",
]
