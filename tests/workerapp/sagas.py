"""A saga whose steps fail at random, and for some orders always."""

import os
import random
import time

from eventstreaming.sagas import SagaContext, Step, saga
from tests.workerapp.models import Effect

CHANCE = 0.1  # that an attempt fails after it has written
STEPS = ("reserve", "charge", "ship")


class NoLuck(Exception):
    """An injected failure of one attempt."""


class Refused(Exception):
    """An injected failure that no retry helps against."""


def refuses(step: str, number: int) -> bool:
    """Say whether a step fails for good: for every tenth order, each for others."""
    return number % 10 == STEPS.index(step)


class Fallible(Step):
    """Writes what it does, which is there twice if it is done twice."""

    max_attempts = 30
    give_up_on = (Refused,)

    @staticmethod
    def backoff(attempts: int, error: BaseException) -> float:
        return random.uniform(0.0, 0.05)

    def execute(self, saga: SagaContext) -> int:
        leave(self.name, saga)
        if refuses(self.name, saga.data["number"]):
            raise Refused(self.name)
        return int(saga.data["number"])

    def compensate(self, saga: SagaContext) -> None:
        leave(f"undo {self.name}", saga)


def leave(kind: str, saga: SagaContext) -> None:
    number = saga.data["number"]
    Effect.objects.create(kind=kind, number=number, process=os.getpid())
    time.sleep(random.uniform(0.0, 0.005))
    if random.random() < CHANCE:
        raise NoLuck(saga.idempotency_key)


def named(name: str) -> Step:
    step = Fallible()
    step.name = name
    return step


proof = saga("proof", [named(name) for name in STEPS], visibility_timeout=1.0)
