"""What the distribution contains: the package with all its files, nothing else."""

import re
import shutil
import subprocess
import sys
import zipfile
from email import message_from_bytes
from email.message import Message
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "eventstreaming"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """
    Build the wheel from the source distribution, as an installer would.

    In a copy: a build leaves files beside its sources, and two suites may run.
    """
    folder, sources = tmp_path_factory.mktemp("dist"), tmp_path_factory.mktemp("copy")
    for name in ("LICENSE", "MANIFEST.in", "README.md", "pyproject.toml", "setup.cfg"):
        shutil.copy(ROOT / name, sources)
    shutil.copytree(
        PACKAGE, sources / PACKAGE.name, ignore=shutil.ignore_patterns("__pycache__")
    )
    result = subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, sources],
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    (path,) = folder.glob("django_eventstreaming-*.whl")
    return zipfile.ZipFile(path)


@pytest.fixture(scope="module")
def metadata(wheel: zipfile.ZipFile) -> Message:
    (name,) = (name for name in wheel.namelist() if name.endswith("/METADATA"))
    return message_from_bytes(wheel.read(name))


def test_every_file_of_the_package_is_in_the_wheel(wheel: zipfile.ZipFile) -> None:
    files = {
        str(path.relative_to(ROOT))
        for path in PACKAGE.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    packed = {name for name in wheel.namelist() if name.startswith("eventstreaming/")}
    assert packed == files


def test_nothing_but_the_package_is_in_the_wheel(wheel: zipfile.ZipFile) -> None:
    folders = {name.split("/")[0] for name in wheel.namelist()}
    assert folders == {"eventstreaming", "django_eventstreaming-0.1.0.dist-info"}


def test_only_what_the_package_needs_is_required(metadata: Message) -> None:
    required = {
        re.split(r"[^\w-]", requirement)[0].lower()
        for requirement in metadata.get_all("Requires-Dist", [])
        if "extra ==" not in requirement
    }
    assert required == {"django", "psycopg", "msgspec", "uuid-utils"}


def test_metadata_says_what_is_supported(metadata: Message) -> None:
    classifiers = metadata.get_all("Classifier", [])
    assert metadata["Name"] == "django-eventstreaming"
    assert metadata["License-Expression"] == "MIT"
    assert metadata["Requires-Python"] == ">=3.11"
    assert "Framework :: Django :: 5.2" in classifiers
    assert "Typing :: Typed" in classifiers
