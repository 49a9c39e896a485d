import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.empty_databases import empty_database
from tests.demo.demos import ROOT


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """Return a copy of the demo, which keeps its data beside itself."""
    clone = tmp_path / "clone"
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "demo_project", clone / "demo_project", ignore=ignored)
    shutil.copy(ROOT / "manage.py", clone)
    return clone


@pytest.fixture
def database_url() -> Iterator[str]:
    """Return the URL of an empty database on the server of the tests."""
    with empty_database() as url:
        yield url
