"""
The examples of Django's topic guide on tasks, as they stand there.

`documented.txt` has the definitions, with names of their own where the guide
defines one function several times. On Django 5.2 they import django-tasks.
"""

import sys
from collections.abc import Iterator
from datetime import datetime
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.db import transaction
from django.test import override_settings

from eventstreaming.contrib.tasks import compat
from eventstreaming.testing import run_until_idle
from tests.testapp.models import Note as Thing

pytestmark = pytest.mark.django_db
FRAMEWORK = sys.modules[compat.task.__module__].__name__.partition(".base")[0]
EXAMPLES = Path(__file__).with_name("documented.txt")
QUEUES = ("tasks:default:default", "tasks:default:emails")
TASKS = {
    "default": {
        "BACKEND": "eventstreaming.contrib.tasks.EventStreamingBackend",
        "QUEUES": ["default", "emails"],
        "OPTIONS": {"modules": ["documented_tasks"]},
    },
    "reserve": {"BACKEND": "eventstreaming.contrib.tasks.EventStreamingBackend"},
}


@pytest.fixture
def examples(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    text = EXAMPLES.read_text().replace("from django.tasks", f"from {FRAMEWORK}")
    (tmp_path / "documented_tasks.py").write_text(text)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "documented_tasks", raising=False)
    with override_settings(TASKS=TASKS):
        yield import_module("documented_tasks")


def test_enqueueing_and_results(examples: Any, caplog: Any) -> None:
    email_users = examples.email_users
    assert email_users.priority == 0
    assert email_users.using(priority=10).priority == 10
    call = {
        "emails": ["user@example.com"],
        "subject": "You have a message",
        "message": "Hello there!",
    }
    result = email_users.enqueue(**call)
    soon = examples.email_users_soon.enqueue(**call)
    noted = examples.email_users_noting.enqueue(**call)
    assert result.status == "READY"
    run_until_idle(*QUEUES)
    assert len(mail.outbox) == 3
    assert f"Attempt 1 to send user email. Task result id: {noted.id}." in caplog.text
    for made in (result, soon, noted):
        made.refresh()
        assert (made.status, made.return_value) == ("SUCCESSFUL", 1)
    assert email_users.get_result(result.id) == result
    assert examples.default_task_backend.get_result(result.id) == result
    assert examples.task_backends["reserve"].alias == "reserve"


def test_what_json_changes(examples: Any) -> None:
    with pytest.raises(TypeError):
        examples.email_users.enqueue(datetime.now())  # noqa: DTZ005
    result = examples.double_dictionary.enqueue((1, 2, 3))
    run_until_idle(*QUEUES)
    result.refresh()
    assert result.status == "FAILED"
    assert result.errors[0].exception_class is TypeError
    assert "TypeError: unhashable type: 'list'" in result.errors[0].traceback


def test_transactions(examples: Any, django_capture_on_commit_callbacks: Any) -> None:
    with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
        thing = Thing.objects.create(text="1")
        first = examples.my_task.enqueue(thing_num=thing.pk)
        transaction.on_commit(partial(examples.my_task.enqueue, thing_num=thing.pk))
    assert len(run_until_idle(*QUEUES)) == 2
    first.refresh()
    assert first.status == "SUCCESSFUL"


def test_return_values(examples: Any) -> None:
    result = examples.calculate_meaning_of_life.enqueue()
    with pytest.raises(ValueError, match="Task has not finished yet"):
        _ = result.return_value
    run_until_idle(*QUEUES)
    result.refresh()
    assert result.return_value == 42
