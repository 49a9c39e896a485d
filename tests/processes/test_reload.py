"""`runworker --reload`: real processes that run the code as it is in its file."""

import time
from pathlib import Path

import pytest

from eventstreaming import enqueue, queue_info
from tests.processes.workers import PATIENCE, SupervisorProcess, wait_until
from tests.workerapp.models import Effect

pytestmark = pytest.mark.django_db(transaction=True)

SETTINGS = """
from tests.settings import *
from tests.settings import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "edited"]
"""
HANDLER = """
import os
import time

from eventstreaming import queue_handler
from tests.workerapp.models import Effect


@queue_handler("edited")
def note(message):
    number = message.data["number"]
    Effect.objects.create(kind="begun", number=number, process=os.getpid())
    time.sleep(0.02)
    with message.atomic():
        Effect.objects.create(kind={kind!r}, number=number, process=os.getpid())
"""


@pytest.fixture
def code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the file that has the handler, in an app of a project of its own."""
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "edited_settings")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    (tmp_path / "edited_settings.py").write_text(SETTINGS)
    file = tmp_path / "edited" / "subscriptions.py"
    file.parent.mkdir()
    (file.parent / "__init__.py").touch()
    file.write_text(HANDLER.format(kind="old"))
    return file


def test_edited_code_handles_the_next_messages_and_none_is_lost(code: Path) -> None:
    sent = 0
    with SupervisorProcess("edited", "--reload") as supervisor:
        deadline = time.monotonic() + 2 * PATIENCE
        while Effect.objects.filter(kind="new").count() < 5:
            assert time.monotonic() < deadline, supervisor.stop()
            enqueue("edited", {"number": sent})
            sent += 1
            time.sleep(0.01)
            if sent == 10:
                wait_until(
                    lambda: Effect.objects.filter(kind="old").exists(), "it begins"
                )
                code.write_text(HANDLER.format(kind="new"))
        wait_until(lambda: queue_info("edited").depth == 0, "all are handled")
        status, log = supervisor.stop()
    assert status == 0, log
    done = Effect.objects.exclude(kind="begun").order_by("pk")
    assert sorted(effect.number for effect in done) == list(range(sent))
    # No handler was cut off: none had to begin again.
    assert Effect.objects.filter(kind="begun").count() == sent
    processes = {effect.kind: effect.process for effect in done}
    assert processes["old"] != processes["new"]
    assert log.count(" started\n") == 2, log
