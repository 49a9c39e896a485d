"""Which handlers the words of a command line stand for."""

from collections import Counter
from random import Random

import pytest

from eventstreaming.exceptions import InvalidValue
from eventstreaming.processing.registry import (
    EventSubscription,
    Handlers,
    QueueHandler,
)
from eventstreaming.processing.retry import RetryPolicy
from eventstreaming.processing.selection import choose
from eventstreaming.processing.sources import Source
from eventstreaming.processing.turns import Turns


@pytest.fixture
def registry() -> Handlers:
    made = Handlers()
    for queue in ("default", "critical", "mails-eu", "mails-us", "tasks:a:3"):
        made.add_queue(
            QueueHandler(
                queue=queue,
                function=print,
                retry=RetryPolicy(),
                visibility_timeout=None,
                store="default",
            )
        )
    made.add_subscription(
        EventSubscription(
            name="billing",
            source_text="orders",
            source=Source.parse("orders"),
            function=print,
            retry=RetryPolicy(),
            event_types=None,
            on_failure="stop",
            batch_size=10,
            store="default",
        )
    )
    return made


def queues(registry: Handlers, *names: str, **options: object) -> list[str]:
    choice = choose(names, registry, **options)  # type: ignore[arg-type]
    return [handler.queue for handler in choice.queues]


def test_names_patterns_and_exclusions(registry: Handlers) -> None:
    everything = sorted(registry.queues)
    assert queues(registry) == everything
    assert queues(registry, "mails-*", "critical") == [
        "mails-eu",
        "mails-us",
        "critical",
    ]
    assert queues(registry, "*", exclude=["mails-*", "tasks:a:3"]) == [
        "critical",
        "default",
    ]
    assert choose(["*"], registry, exclude=["billing"]).subscriptions == []
    assert choose(["billing"], registry).queues == []


def test_weights(registry: Handlers) -> None:
    choice = choose(["critical:6", "mails-*:2", "default", "tasks:a:3"], registry)
    assert choice.weights == {
        "critical": 6,
        "mails-eu": 2,
        "mails-us": 2,
        "default": 1,
        "tasks:a:3": 1,  # its name
    }
    assert choose(["tasks:a:3:4"], registry).weights == {"tasks:a:3": 4}
    assert choose(["mails-us", "critical"], registry, strict=True).weights is None


@pytest.mark.parametrize(
    ("names", "options", "problem"),
    [
        (["nonsense", "critical"], {}, "nothing is called nonsense; known are billing"),
        (["nonsense-*"], {}, "nothing is called nonsense-*"),
        (["critical:0"], {}, "must be between 1 and 1000"),
        (["critical:1001"], {}, "must be between 1 and 1000"),
        (["critical:x"], {}, "nothing is called critical:x"),
        (["billing:2"], {}, "only queues have weights"),
        (["critical:6"], {"strict": True}, "a strict order has none"),
        ([], {"strict": True}, "needs the names of the queues"),
        (["critical"], {"exclude": ["critcal"]}, "nothing is called critcal"),
        (["critical"], {"exclude": ["critical:6"]}, "nothing is called critical:6"),
        (["critical"], {"exclude": ["c*"]}, "nothing is left to run"),
    ],
)
def test_what_is_refused(
    registry: Handlers, names: list[str], options: dict[str, object], problem: str
) -> None:
    with pytest.raises(InvalidValue) as caught:
        choose(names, registry, **options)  # type: ignore[arg-type]
    assert problem in str(caught.value)


def test_turns_go_by_weight_whatever_the_claims_get(registry: Handlers) -> None:
    handlers = choose(["critical", "default", "mails-eu"], registry).queues
    turns = Turns(handlers, {"critical": 6, "default": 3})
    taken = Counter({handler.queue: 0 for handler in handlers})
    random = Random(1)
    for claim in range(1_000):
        order = [handler.queue for handler in turns.next()]
        assert sorted(order) == sorted(taken)
        if claim > 200:
            assert taken[order[0]] / {"critical": 6, "default": 3}.get(order[0], 1) == (
                pytest.approx(taken.total() / 10, rel=0.2)
            )
        turns.took({order[0]: (got := random.randint(1, 200))})
        taken[order[0]] += got
    total = taken.total()
    shares = {queue: count / total for queue, count in taken.items()}
    assert shares == pytest.approx(
        {"critical": 0.6, "default": 0.3, "mails-eu": 0.1}, rel=0.05
    )


def test_queue_that_was_empty_saves_nothing_up(registry: Handlers) -> None:
    handlers = choose(["critical", "default"], registry).queues
    turns = Turns(handlers, {})
    for _ in range(100):
        turns.took({"default": 10})
    firsts = []
    for _ in range(10):
        firsts.append(turns.next()[0].queue)
        turns.took({firsts[-1]: 10})
    assert firsts == ["critical", *["critical", "default"] * 4, "critical"]


def test_strict_order_stays(registry: Handlers) -> None:
    handlers = choose(["default", "critical"], registry).queues
    turns = Turns(handlers, None)
    assert {tuple(h.queue for h in turns.next()) for _ in range(5)} == {
        ("default", "critical")
    }
