"""Run chaos: `python -m tests.chaos --seed 1 --seconds 60`."""

import argparse
import random
import shutil
import signal
import sys
import tempfile
from collections import Counter
from pathlib import Path

from tests.chaos.nemesis import plan_faults
from tests.chaos.run import Plan, describe_failure, run_chaos

FAULT_EVERY = 1.3  # seconds

# What each minute must have seen, even on a slow machine, or it proves nothing.
FLOORS_PER_MINUTE = {
    "append ok": 300,
    "append info": 1,
    "append fail": 30,
    "enqueue ok": 300,
    "block info": 1,
    "version conflicts": 20,
    "deliveries": 500,
    "redeliveries": 50,
    "acknowledged": 400,
    "refused as taken": 5,
    "refused as gone": 2,
    "deaths": 5,
    "redrive ok": 2,
    "read ok": 200,
    "events read": 3000,
    "effects": 1000,
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument(
        "--every",
        type=float,
        default=FAULT_EVERY,
        help=f"Seconds from one fault to the next, on average ({FAULT_EVERY:g}).",
    )
    parser.add_argument(
        "--history", type=Path, help="Keep the history in this new folder."
    )
    options = parser.parse_args()

    if options.history is None:
        history = Path(tempfile.mkdtemp(prefix="eventstreaming-chaos-"))
    else:
        history = options.history.resolve()
        history.mkdir(parents=True)
    faults = plan_faults(options.seed, options.seconds, options.every)
    plan = Plan(
        seed=options.seed,
        seconds=options.seconds,
        faults=faults,
        floors={
            name: round(floor * options.seconds / 60)
            for name, floor in FLOORS_PER_MINUTE.items()
        }
        | Counter(f"{fault.kind} ok" for fault in faults),
    )
    sys.stdout.write(
        f"Seed {plan.seed}: {plan.seconds:g} seconds, {len(plan.faults)} faults\n"
    )
    sys.stdout.flush()
    # A terminated run ends its processes and its server, too.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    repeat = (
        f"make chaos ARGS='--seed {plan.seed} --seconds {plan.seconds:g} "
        f"--every {options.every:g}'"
    )
    try:
        verdict = run_chaos(plan, history)
    except (Exception, KeyboardInterrupt) as error:
        reason = repr(error)
        sys.stdout.write(describe_failure(plan, history, reason, repeat) + "\n")
        return 1
    if not verdict.passed:
        sys.stdout.write(describe_failure(plan, history, verdict, repeat) + "\n")
        return 1
    sys.stdout.write(f"{verdict}\n")
    if options.history is None:
        shutil.rmtree(history)
    return 0


if __name__ == "__main__":
    sys.exit(main())
