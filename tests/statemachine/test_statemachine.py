"""Whatever is done in whatever order, each store answers as the model does."""

import sys

import pytest
from hypothesis.stateful import run_state_machine_as_test

from tests.statemachine.examples import FACTOR, examples
from tests.statemachine.machine import Machine
from tests.statemachine.machines import MemoryMachine, PostgreSQLMachine, SQLiteMachine

# What 100 examples must have seen, or they prove nothing.
FLOORS = {
    "delivered": 150,
    "delivered again": 30,
    "retried": 2,  # by the clock of the machine
    "died": 4,
    "redriven": 3,
    "LeaseLost gone": 20,
    "LeaseLost taken": 5,
    "LeaseLost released": 4,
    "WrongExpectedVersion": 10,
    "InvalidValue": 5,
    "cancelled": 5,
    "cancelled while held": 3,
    "enqueued once": 2,
    "appended once": 2,
    "deferred": 5,
    "consumed": 2,
}


def run(machine: type[Machine], count: int) -> None:
    machine.all_reached.clear()
    run_state_machine_as_test(machine, settings=examples(count))
    if FACTOR:
        sys.stdout.write(f"\n{dict(machine.all_reached)}\n")
    floors = {name: floor * count // 100 for name, floor in FLOORS.items()}
    assert {n: c for n, c in floors.items() if machine.all_reached[n] < c} == {}


def test_memory() -> None:
    run(MemoryMachine, 1_000)


@pytest.mark.django_db(transaction=True, databases=["sqlite"])
def test_sqlite() -> None:
    run(SQLiteMachine, 100)


@pytest.mark.django_db(transaction=True)
def test_postgresql() -> None:
    run(PostgreSQLMachine, 100)
