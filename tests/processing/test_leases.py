"""When the leases that a worker holds are extended."""

from eventstreaming import Message
from eventstreaming.clock import SimulatedClock, use_clock
from eventstreaming.processing.jobs import Job
from eventstreaming.processing.leases import Leases
from eventstreaming.processing.registry import QueueHandler
from eventstreaming.processing.retry import RetryPolicy
from tests.processing.test_slates import message

HANDLER = QueueHandler(
    queue="work",
    function=print,
    retry=RetryPolicy(),
    visibility_timeout=None,
    store="default",
)


def job(message: Message, *, is_async: bool = False) -> Job:
    return Job(HANDLER, message, print, is_async)


def test_what_is_held_is_extended_every_third_of_its_timeout() -> None:
    clock, leases = SimulatedClock(), Leases()
    first, second, third = (message(number) for number in (1, 2, 3))
    with use_clock(clock):
        assert (leases.seconds_to_next(), leases.due()) == (60.0, {})
        leases.take([job(first), job(second, is_async=True)], {"work": 30.0})
        clock.advance(4)
        leases.take([job(third)], {"work": 30.0})
        assert (len(leases), leases.count("work")) == (3, 3)
        assert (leases.count_of_kind(False), leases.count_of_kind(True)) == (2, 1)
        assert leases.job_of(second) == job(second, is_async=True)
        assert (leases.seconds_to_next(), leases.due()) == (6.0, {})
        assert leases.older_than(4) == [first, second]
        clock.advance(6)
        assert leases.due() == {30.0: [first, second]}
        leases.extended([first, second])
        leases.lost([second])
        assert leases.seconds_to_next() == 4.0
        clock.advance(10)
        assert leases.due() == {30.0: [first, third]}
        leases.drop([first])
        leases.extended([third])
        assert leases.due() == {}  # what is left of the first claim is lost
        assert leases.seconds_to_next() == 10.0
        assert leases.older_than(0) == [third]
        leases.drop([second, third, message(4)])
        assert (len(leases), leases.count("work")) == (0, 0)
        assert (leases.count_of_kind(False), leases.count_of_kind(True)) == (0, 0)
        assert leases.job_of(second) is None
        assert leases.seconds_to_next() == 60.0


def test_a_message_that_comes_back_is_another_delivery() -> None:
    leases = Leases()
    leases.take([job(message(1))], {"work": 30.0})
    leases.lost([message(1)])
    leases.take([job(message(1, lease=2))], {"work": 30.0})
    leases.drop([message(1)])
    assert (len(leases), leases.count("work")) == (1, 1)
    (held,) = leases.older_than(0)
    assert held.fencing_token == 2
