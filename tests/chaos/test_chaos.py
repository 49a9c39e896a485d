"""Small runs with faults; `make chaos` runs a long one."""

from collections import Counter
from pathlib import Path

import pytest

from tests.chaos.nemesis import FAULTS, Fault, plan_faults
from tests.chaos.run import Plan, describe_failure, run_chaos

SEED = 7
CRASHES = 10
# A child is killed and stopped in the same ways as a worker that is alone.
KINDS = [kind for kind in FAULTS if not kind.endswith(("worker", "consumer"))]


def run(plan: Plan, folder: Path) -> None:
    """Run a plan; a failure says how to look at it and how to repeat it."""
    repeat = "run this test again: its seed is the same"
    try:
        verdict = run_chaos(plan, folder)
    except Exception as error:
        pytest.fail(describe_failure(plan, folder, repr(error), repeat))
    if not verdict.passed:
        pytest.fail(describe_failure(plan, folder, verdict, repeat))


def test_short_run_with_each_fault_breaks_no_invariant(tmp_path: Path) -> None:
    seconds, every = 4.0, 0.45
    faults = plan_faults(SEED, seconds, every, KINDS)
    assert {fault.kind for fault in faults} == set(KINDS)
    plan = Plan(
        seed=SEED,
        seconds=seconds,
        roles={
            "worker": 1,
            "supervisor": 1,
            "producer": 2,
            "consumer": 1,
            "reader": 1,
        },
        faults=faults,
        floors={
            "append ok": 10,
            "enqueue ok": 10,
            "deliveries": 10,
            "acknowledged": 10,
            "read ok": 5,
            "effects": 10,
            **Counter(f"{fault.kind} ok" for fault in faults),
        },
    )
    run(plan, tmp_path)


def test_ten_crashes_of_the_server_under_load_lose_nothing(tmp_path: Path) -> None:
    """What was acknowledged is there once; the same workers go on by themselves."""
    seconds = 8.0
    faults = [Fault((n + 1) * 0.7, "crash server") for n in range(CRASHES)]
    plan = Plan(
        seed=SEED,
        seconds=seconds,
        roles={"worker": 2, "producer": 2, "consumer": 1, "reader": 1},
        faults=faults,
        floors={
            "append ok": 10,
            "append info": 1,
            "deliveries": 10,
            "redeliveries": 1,
            "acknowledged": 10,
            "effects": 10,
            "crash server ok": CRASHES,
        },
    )
    run(plan, tmp_path)


def test_faults_follow_from_the_seed() -> None:
    plans = [plan_faults(seed, 60, 1.3) for seed in (1, 1, 2)]
    assert plans[0] == plans[1] != plans[2]
    assert {fault.kind for fault in plans[0]} == set(FAULTS)
    assert all(0 < fault.at < 60 for fault in plans[0])
