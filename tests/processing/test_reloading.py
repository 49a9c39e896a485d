"""Changes of code are noticed, those that Django handles by itself are not."""

import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.utils.autoreload import file_changed

from eventstreaming.processing.reloading import CodeWatch


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Return the file of a module that was imported."""
    path = tmp_path / "watched_module.py"
    path.write_text("VALUE = 1")
    monkeypatch.syspath_prepend(tmp_path)
    __import__(path.stem)
    yield path
    del sys.modules[path.stem]


def test_changed_module_is_counted(
    module: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(CodeWatch, "SLEEP_TIME", 0.0)
    watch = CodeWatch()
    ticks = watch.tick()
    next(ticks)
    next(ticks)
    assert watch.changes == 0
    module.write_text("VALUE = 2")
    next(ticks)
    assert watch.changes == 1


def test_change_that_somebody_handles_is_not_counted(tmp_path: Path) -> None:
    watch = CodeWatch()

    def handle(file_path: Path, **kwargs: object) -> bool:
        return file_path.suffix == ".html"

    file_changed.connect(handle)
    try:
        watch.notify_file_changed(tmp_path / "page.html")
        assert watch.changes == 0
        watch.notify_file_changed(tmp_path / "page.py")
        assert watch.changes == 1
    finally:
        file_changed.disconnect(handle)


def test_change_while_the_process_began_is_counted(
    module: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The module was imported, and nobody watched yet."""
    monkeypatch.setattr(CodeWatch, "tick", lambda self: iter([None]))
    now = time.time()
    for changed_at, since, counts in (
        (now - 5, now - 9, 1),
        (now - 9, now - 5, 0),
        (now + 900, now - 5, 0),  # a clock that is wrong replaces no worker
    ):
        os.utime(module, (changed_at, changed_at))
        watch = CodeWatch(since=since)
        monkeypatch.setattr(watch, "watched_files", lambda: [module])
        watch._watch()
        assert watch.changes == counts
