"""The trial in which a bug may be planted."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.history.planting import Trial


@pytest.fixture(params=[False, True], ids=["sound", "planted"])
def trial(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    transactional_db: None,
) -> Iterator[Trial]:
    trial = Trial(tmp_path, monkeypatch, planted=request.param)
    yield trial
    trial.close()
