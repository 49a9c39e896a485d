"""What all rules stand on: a store, a model, and the comparison of answers."""

import sys
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from copy import deepcopy
from datetime import datetime
from itertools import count
from typing import Any, ClassVar, TypeVar

from hypothesis.stateful import RuleBasedStateMachine

from eventstreaming import clock
from eventstreaming.exceptions import EventStreamingError
from eventstreaming.types import Message
from tests.statemachine.model import Model
from tests.statemachine.subjects import Subject

T = TypeVar("T")

# Time moves by ticks, and all durations end in the middle between two of them:
# the real seconds that a step takes on a database make no difference.
TICK = 1_000.0
HALF = TICK / 2
NEAR = 10.0

_examples = count(1)


class Machine(RuleBasedStateMachine):
    """One example: a store under names of its own, and the model beside it."""

    subject_class: ClassVar[type[Subject]]
    # How often each state that matters was reached, in all examples.
    all_reached: ClassVar[Counter[str]]

    def __init_subclass__(cls) -> None:
        cls.all_reached = Counter()

    def __init__(self) -> None:
        super().__init__()
        self.resources = ExitStack()
        time = self.resources.enter_context(clock.use_clock(clock.SimulatedClock()))
        self.subject = self.subject_class(time)
        self.store = self.subject.store
        self.model = Model()
        self.now = 0.0
        self.numbers = count(1)
        self.first_position = self.store.fence() + 1
        example = next(_examples)
        self.stream_names = [f"left{example}-1", f"left{example}-2", f"right{example}"]
        self.queue_names = [f"jobs{example}", f"mail{example}"]
        self.leases: list[Message] = []  # every one that was ever delivered
        # The open transactions of the caller, each with the model before it.
        self.blocks: list[tuple[Any, Model]] = []
        self.reached = type(self).all_reached
        self.reached["examples"] += 1

    def agree(self, actual: Callable[[], T], expected: Callable[[], object]) -> T:
        """
        Let the store and the model do the same; both must answer alike.

        Return the store's answer, or an empty list when it is an error.
        """
        answer, wanted = outcome(actual), outcome(expected)
        self.reached[answer.kind] += 1
        assert answer.compared == wanted.compared, (
            f"the store says {answer.compared!r}, the model {wanted.compared!r}"
        )
        return answer.value

    def advance(self, seconds: float) -> None:
        """Let time pass for the store and the model."""
        self.subject.advance(self.queue_names, seconds)
        self.now += seconds

    def is_near(self, moment: datetime, seconds: float) -> bool:
        """Say whether a time is so many seconds from now, but for the machine's."""
        away = (moment - self.subject.time()).total_seconds()
        return abs(away - seconds) < NEAR

    def begin(self) -> None:
        """Open a transaction of the caller, or a savepoint in it."""
        block = self.store.all_or_none()
        block.__enter__()
        self.blocks.append((block, deepcopy(self.model)))

    def commit(self) -> None:
        """End the innermost block well."""
        block, _ = self.blocks.pop()
        block.__exit__(None, None, None)

    def roll_back(self) -> None:
        """Roll the innermost block back."""
        block, self.model = self.blocks.pop()
        error = RuntimeError("rolled back by the machine")
        block.__exit__(RuntimeError, error, None)
        self.subject.settle()

    def compare_everything(self) -> None:
        """Compare all that can be seen; each file of rules adds its part."""

    def teardown(self) -> None:
        failed = sys.exception() is not None
        with self.resources:
            self.resources.callback(self.subject.end)
            while self.blocks:
                self.roll_back()
            if not failed:
                self.compare_everything()


class outcome:
    """What a call came to; errors are compared by their type and attributes."""

    def __init__(self, call: Callable[[], Any]) -> None:
        self.kind = "answers"
        try:
            self.value = self.compared = call()
        except EventStreamingError as error:
            about = {**vars(error)}
            about.pop("problem", None)  # a text for people
            about.pop("limit", None)
            self.value, self.compared = [], (type(error), about)
            self.kind = f"{type(error).__name__} {about.get('reason', '')}".strip()
