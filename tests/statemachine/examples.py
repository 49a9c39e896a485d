"""How many examples are run, and which."""

import os

from hypothesis import HealthCheck, Phase, settings

STEPS = 30
FACTOR = int(os.environ.get("STATEMACHINE_FACTOR", "0"))


def examples(count: int) -> settings:
    """
    Return settings for so many examples: the same ones in every run.

    With STATEMACHINE_FACTOR, that many times more, chosen by chance or by
    `--hypothesis-seed`.
    """
    return settings(
        max_examples=count * (FACTOR or 1),
        stateful_step_count=STEPS,
        derandomize=not FACTOR,
        database=None,
        report_multiple_bugs=False,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )


def without_shrinking(count: int) -> settings:
    """Return settings that stop at the first failure, as it was found."""
    return settings(examples(count), phases=[Phase.generate])
