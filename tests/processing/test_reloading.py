"""Changes of code are noticed, those that Django handles by itself are not."""

import sys
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
