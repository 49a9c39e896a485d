import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.demo.demos import ROOT
from tests.empty_databases import empty_database


@pytest.fixture
def clone() -> Iterator[Path]:
    """Return a copy of the demo, which keeps its data beside itself."""
    # Not in tmp_path: every other run of pytest closes the folder above it to
    # all but its owner, and the server of a demo run by root is not root.
    with tempfile.TemporaryDirectory(prefix="eventstreaming-") as folder:
        clone = Path(folder)
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / "demo_project", clone / "demo_project", ignore=ignored)
        shutil.copy(ROOT / "manage.py", clone)
        yield clone


@pytest.fixture
def database_url() -> Iterator[str]:
    """Return the URL of an empty database on the server of the tests."""
    with empty_database() as url:
        yield url
