"""A real worker that would not look again for an hour is woken."""

import time

import pytest

from eventstreaming import EventData, append, enqueue
from eventstreaming.models import Schedule
from eventstreaming.operations.scheduling import plan_schedules
from tests.processes.workers import WorkerProcess, wait_until
from tests.waking.listeners import listener_pids
from tests.workerapp.models import Effect

pytestmark = pytest.mark.django_db(transaction=True)


def kinds() -> set[str]:
    return set(Effect.objects.values_list("kind", flat=True))


def test_idle_worker_is_woken_by_messages_and_events() -> None:
    names = ("work.plain", "log-reader", "category-reader", "all-reader")
    with WorkerProcess(*names, command="patientworker") as worker:
        wait_until(lambda: len(listener_pids()) == 1, "the worker listens")
        time.sleep(1.0)  # it has looked, as it does when it begins to listen
        enqueue("work.plain", {"number": 1})
        wait_until(lambda: kinds() == {"plain"}, "the message is handled")
        append("work-log", EventData("Logged", {}))
        wait_until(lambda: {"log", "category"} < kinds(), "the event is handled")
        append("anything", EventData("Wanted", {}))
        wait_until(lambda: "wanted" in kinds(), "the event of the store is handled")
        Schedule.objects.create(name="new", queue="ticks", every=1)
        plan_schedules(["new"])
        wait_until(lambda: Schedule.objects.get().runs > 1, "the schedule is fired")
        code, log = worker.stop()
    assert code == 0, log


def test_waiting_worker_stops_at_once() -> None:
    with WorkerProcess("work.plain", "log-reader", command="patientworker") as worker:
        wait_until(lambda: len(listener_pids()) == 1, "the worker listens")
        time.sleep(1.0)
        code, log = worker.stop()
    assert code == 0, log
