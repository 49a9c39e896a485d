"""The machine finds bugs: each is planted in a store, and a few examples end in it."""

import sys

import pytest
from hypothesis.stateful import run_state_machine_as_test

from tests.statemachine.bugs import IN_MEMORY, IN_POSTGRESQL, IN_SQLITE, Patch
from tests.statemachine.examples import FACTOR, without_shrinking
from tests.statemachine.machine import Machine
from tests.statemachine.machines import MemoryMachine, PostgreSQLMachine, SQLiteMachine


def assert_found(machine: type[Machine], bug: Patch) -> None:
    """Plant a bug; the machine must come upon it, and most often does so soon."""
    machine.all_reached.clear()
    with bug, pytest.raises(AssertionError):
        run_state_machine_as_test(machine, settings=without_shrinking(1_000))
    if FACTOR:
        found_in = machine.all_reached["examples"]
        sys.stdout.write(f"\nfound in {found_in} examples: ")


@pytest.mark.parametrize("bug", IN_MEMORY)
def test_memory(bug: str) -> None:
    assert_found(MemoryMachine, IN_MEMORY[bug]())


@pytest.mark.skipif(not FACTOR, reason="takes long; `make statemachine` runs it")
@pytest.mark.django_db(transaction=True, databases=["sqlite"])
@pytest.mark.parametrize("bug", IN_SQLITE)
def test_sqlite(bug: str) -> None:
    assert_found(SQLiteMachine, IN_SQLITE[bug]())


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("bug", IN_POSTGRESQL)
def test_postgresql(bug: str) -> None:
    assert_found(PostgreSQLMachine, IN_POSTGRESQL[bug]())
