"""System checks of TASKS, and which queues a worker serves by it."""

from typing import Any

import pytest
from django.test import modify_settings, override_settings

from eventstreaming import enqueue
from eventstreaming.contrib.tasks.compat import task_backends
from eventstreaming.processing.registry import handlers
from eventstreaming.testing import run_until_idle
from tests.taskapp import tasks

BACKEND = "eventstreaming.contrib.tasks.EventStreamingBackend"
MEMORY = {"BACKEND": "eventstreaming.backends.memory.MemoryEventStore"}


def found(queues: Any = ("default",), alias: str = "default", **options: Any) -> Any:
    """Return the ids of the checks, and their texts, for one backend."""
    entry = {"BACKEND": BACKEND, "QUEUES": queues, "OPTIONS": options}
    with override_settings(TASKS={alias: entry}):
        messages = list(task_backends[alias].check())
    return [str(m.id).removeprefix("eventstreaming.") for m in messages], " ".join(
        m.msg for m in messages
    )


def test_a_right_configuration() -> None:
    assert found(
        max_attempts=3, backoff=[1, 60], timeout=30, modules=["x"], max_deliveries=5
    ) == ([], "")


@pytest.mark.parametrize(
    ("options", "what"),
    [
        ({"max_attempts": 0}, "max_attempts: must be between 1"),
        ({"backoff": [1, -1]}, r"backoff[1]: must be between 0"),
        ({"timeout": -5}, "timeout: must be between"),
        ({"max_deliveries": "many"}, "max_deliveries: must be an int"),
        ({"modules": "shop"}, "modules: must be a list"),
        ({"store": "unknown"}, "unknown"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_wrong_values(options: dict[str, Any], what: str) -> None:
    ids, text = found(**options)
    assert ids == ["E022"]
    assert what in text
    assert "TASKS['default']" in text


def test_unknown_options_are_named_and_stop_nothing() -> None:
    ids, text = found(max_atempts=3, retries=1)
    assert ids == ["E021"]
    assert "'max_atempts', 'retries'" in text


@override_settings(EVENT_STORES={"default": MEMORY})
def test_a_store_without_a_database() -> None:
    ids, text = found()
    assert ids == ["E022"]
    assert "MemoryEventStore has no database" in text


def test_names_that_make_no_stream() -> None:
    assert found(queues=["mail queue", "mail"])[0] == ["E023"]
    assert found(alias="a:b")[0] == ["E023"]


@modify_settings(INSTALLED_APPS={"remove": "eventstreaming"})
def test_the_app_is_not_installed() -> None:
    entry = {"BACKEND": BACKEND}
    with override_settings(TASKS={"default": entry}):
        (message,) = task_backends["default"].check()
    assert message.id == "eventstreaming.E020"


def test_workers_serve_the_queues_of_the_settings_as_they_are() -> None:
    def served() -> list[str]:
        return [name for name in handlers.names() if name.startswith("tasks:")]

    before = served()
    assert before == [
        "tasks:default:default",
        "tasks:default:mail",
        "tasks:patient:default",
    ]
    entries = {
        "default": {"BACKEND": BACKEND, "QUEUES": ["b", "a", "not a stream"]},
        "any": {"BACKEND": BACKEND, "QUEUES": []},
        "missing": {"BACKEND": "no.such.Backend"},
        "empty": {},
        "abstract": {"BACKEND": "tests.contrib.foreign.AbstractBackend"},
    }
    with override_settings(TASKS=entries):
        assert served() == ["tasks:any:default", "tasks:default:a", "tasks:default:b"]
    assert served() == before


@pytest.mark.django_db
def test_queues_of_any_name_are_served_once_they_have_tasks() -> None:
    tasks.seen.clear()
    with override_settings(TASKS={"default": {"BACKEND": BACKEND, "QUEUES": []}}):
        tasks.note.using(queue_name="tenant/7").enqueue("seven")
        enqueue("tasks:other:tenant", {})
        run_until_idle("tasks:default:tenant/7")
        assert tasks.seen == ["seven"]
        assert "tasks:other:tenant" not in handlers.names()
    assert "tasks:default:tenant/7" not in handlers.names()
