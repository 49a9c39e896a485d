"""Forgetting tasks that have finished long ago."""

from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import override_settings

from eventstreaming.exceptions import InvalidValue
from eventstreaming.models import TaskResult
from eventstreaming.operations.task_pruning import prune_tasks
from tests.sessions import execute

pytestmark = pytest.mark.django_db
MEMORY = {"BACKEND": "eventstreaming.backends.memory.MemoryEventStore"}


def fill(count: int = 100) -> None:
    """Write tasks of as many days: task 1 is the oldest, every tenth failed."""
    execute(
        "INSERT INTO eventstreaming_taskresult (id, queue, task, status, failed, data, "
        "worker_ids, lease, enqueued_at, finished_at) "
        "SELECT n, 'tasks:default:' || n %% 2, 'x', 'SUCCESSFUL', n %% 10 = 0, '{}', "
        "'[]', 1, t.at, CASE WHEN n %% 25 > 0 THEN t.at END "
        "FROM generate_series(1, %(count)s) AS n, LATERAL (SELECT now() - (%(count)s - n) "
        "* interval '1 day' - interval '1 minute' AS at) AS t",
        {"count": count},
    )


def left() -> list[int]:
    return sorted(TaskResult.objects.values_list("pk", flat=True))


def test_only_what_finished_long_ago_is_deleted() -> None:
    fill()
    progress: list[int] = []
    day = 86_400.0
    assert prune_tasks(older_than=50 * day, dry_run=True) == 48
    assert len(left()) == 100
    pruned = prune_tasks(
        older_than=50 * day,
        failed_older_than=80 * day,
        batch_size=7,
        progress=progress.append,
    )
    kept = [n for n in range(1, 51) if n % 25 == 0 or (n % 10 == 0 and n > 20)]
    assert left() == [*kept, *range(51, 101)]
    assert pruned == progress[-1] == 50 - len(kept)
    assert prune_tasks(older_than=50 * day, failed_older_than=80 * day) == 0


def test_the_walk_ends_where_tasks_are_younger(django_assert_num_queries: Any) -> None:
    fill()
    with django_assert_num_queries(3):  # twice ten rows, and what is deleted
        assert prune_tasks(older_than=90 * 86_400, batch_size=10) == 10


def test_the_command() -> None:
    fill()
    out = StringIO()
    arguments = ["tasks:default:1", "--older-than", "7w"]
    call_command("prunetasks", *arguments, "--dry-run", stdout=out, stderr=StringIO())
    call_command("prunetasks", *arguments, stdout=out, stderr=StringIO())
    assert out.getvalue().splitlines() == [
        "25 results of tasks would be deleted.",
        "25 results of tasks deleted.",
    ]
    with pytest.raises(CommandError, match="--older-than"):
        call_command("prunetasks")


def test_what_is_refused() -> None:
    with pytest.raises(InvalidValue, match="older_than"):
        prune_tasks(older_than=-1)
    with (
        override_settings(EVENT_STORES={"default": MEMORY}),
        pytest.raises(CommandError, match="keeps no results"),
    ):
        call_command("prunetasks", "--older-than", "1d")
