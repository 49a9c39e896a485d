"""A project fresh from `startproject`, on SQLite, with real processes."""

import json
import os
import subprocess
import sys
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
PATIENCE = 120.0

SUBSCRIPTIONS = """
    from eventstreaming import (
        EventData, Message, StoredEvent, append, enqueue, queue_handler, subscription
    )

    @subscription("orders", name="notifier")
    def notify(event: StoredEvent) -> None:
        enqueue("emails", {"order": event.data["number"]})

    @queue_handler("emails")
    def send(message: Message) -> None:
        with message.atomic():
            append("sent", EventData("Sent", message.data))
"""

WRITE = """
    from django.db import transaction

    from eventstreaming import (
        NO_STREAM, EventData, append, dequeue, enqueue, queue_info, read_stream
    )

    def orders(*numbers):
        return [EventData("Ordered", {"number": number}) for number in numbers]

    append("orders", orders(*range(100)), expected_version=NO_STREAM)
    try:
        with transaction.atomic():
            append("orders", orders(100))
            raise ZeroDivisionError
    except ZeroDivisionError:
        pass
    enqueue("mine", {"a": 1})
    message = dequeue("mine")
    message.acknowledge()
    result = [
        len(list(read_stream("orders"))), message.data, queue_info("mine").depth
    ]
"""

READ = """
    from eventstreaming import dead_letters, queue_info, read_stream

    result = [
        sorted(event.data["order"] for event in read_stream("sent")),
        queue_info("emails").depth,
        len(dead_letters()),
    ]
"""

TESTS = """
    from django.test import TestCase, TransactionTestCase

    from eventstreaming import EventData, append, dequeue, enqueue, read_all

    class Mixin:
        def test_one_event_and_one_message(self):
            append("orders", EventData("Ordered", {"number": 1}))
            self.assertEqual([event.offset for event in read_all()], [0])
            enqueue("emails", {"order": 1})
            with dequeue("emails").atomic():
                pass
            self.assertIsNone(dequeue("emails"))

        test_the_same_again = test_one_event_and_one_message

    class PlainTests(Mixin, TestCase):
        pass

    class CommittingTests(Mixin, TransactionTestCase):
        pass
"""

RECOMMENDED = 'DATABASES["default"]["OPTIONS"] = {"transaction_mode": "IMMEDIATE"}'


class Project:
    """The new project and its commands."""

    def __init__(self, folder: Path, *settings: str) -> None:
        self.folder = folder
        self.run("-m", "django", "startproject", "mysite", str(folder))
        with (folder / "mysite" / "settings.py").open("a") as file:
            print('INSTALLED_APPS += ["eventstreaming", "shop"]', file=file)
            print(*settings, sep="\n", file=file)
        app = folder / "shop"
        app.mkdir()
        (app / "__init__.py").touch()
        (app / "subscriptions.py").write_text(dedent(SUBSCRIPTIONS))
        (app / "tests.py").write_text(dedent(TESTS))

    def run(self, *arguments: str) -> str:
        """Run Python; return what it printed to both of its outputs."""
        environment = {
            name: value
            for name, value in os.environ.items()
            if name not in ("DJANGO_SETTINGS_MODULE", "DATABASE_URL")
        }
        result = subprocess.run(
            [sys.executable, "-W", "error", *arguments],
            cwd=self.folder,
            env={**environment, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=PATIENCE,
        )
        assert result.returncode == 0, result.stdout
        return result.stdout

    def manage(self, *arguments: str) -> str:
        """Run a management command."""
        return self.run("manage.py", *arguments)

    def result_of(self, code: str) -> Any:
        """Run code in the project; return what it leaves in `result`."""
        lines = [
            "import django, json, os",
            'os.environ["DJANGO_SETTINGS_MODULE"] = "mysite.settings"',
            "django.setup()",
            dedent(code),
            "print(json.dumps(result))",
        ]
        return json.loads(self.run("-c", "\n".join(lines)).splitlines()[-1])


@pytest.mark.parametrize("settings", [(), (RECOMMENDED,)], ids=["new", "recommended"])
def test_new_project_works(tmp_path: Path, settings: tuple[str, ...]) -> None:
    project = Project(tmp_path, *settings)
    assert ("eventstreaming.W007" in project.manage("check")) == (not settings)

    project.manage("migrate")
    assert project.result_of(WRITE) == [100, {"a": 1}, 0]

    log = project.manage("runworker", "--batch")
    assert "100 messages done, 0 attempts failed, 100 events handled" in log
    assert project.result_of(READ) == [list(range(100)), 0, 0]


def test_tests_of_a_new_project_work(tmp_path: Path) -> None:
    """On the database in memory that Django gives them."""
    assert "Ran 4 tests" in Project(tmp_path).manage("test")
