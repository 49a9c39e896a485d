"""The README's code, run as the project that it describes."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.empty_databases import empty_database

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()

# What `django-admin startproject` has written before the README begins.
SETTINGS = """\
import django
import environ

SECRET_KEY = "only-for-the-test"
USE_TZ = True
DATABASES = {"default": environ.Env().db("DATABASE_URL")}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
INSTALLED_APPS = ["django.contrib.contenttypes", "django.contrib.auth"]
CONSOLE = "django.core.mail.backends.console.EmailBackend"
if django.VERSION < (6, 1):
    EMAIL_BACKEND = CONSOLE
else:
    MAILERS = {"default": {"BACKEND": CONSOLE}}
"""
MANAGE = """\
import sys

from django.core.management import execute_from_command_line

execute_from_command_line(sys.argv)
"""
SCRIPT = "script.py"


def files_of_readme() -> dict[str, str]:
    """Return the Python blocks by the file that their first line names."""
    files: dict[str, str] = {SCRIPT: "import django\n\ndjango.setup()\n"}
    for block in re.findall(r"^```python\n(.*?)^```", README, re.DOTALL | re.MULTILINE):
        named = re.match(r"# (\S+\.py)\n", block)
        name = named[1] if named else SCRIPT
        files[name] = files.get(name, "") + "\n" + block
    return files


class Project:
    """A project in a folder, with a database of its own."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder = folder
        self.url = url
        files = files_of_readme()
        files["settings.py"] = SETTINGS + files["settings.py"]
        if url.startswith("sqlite"):
            files["settings.py"] += "del EVENT_STORES\n"  # the default is the right one
        for name, text in {
            **files,
            "manage.py": MANAGE,
            "shop/__init__.py": "",
        }.items():
            path = folder / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)

    def run(self, *arguments: str) -> str:
        """Run a Python program of the project; return what it prints."""
        result = subprocess.run(
            [sys.executable, "-W", "error", *arguments],
            cwd=self.folder,
            env={
                **os.environ,
                "DATABASE_URL": self.url,
                "DJANGO_SETTINGS_MODULE": "settings",
                "PYTHONPATH": os.pathsep.join([str(self.folder), str(ROOT)]),
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert result.returncode == 0, result.stdout + result.stderr
        return result.stdout + result.stderr


@pytest.fixture(params=["postgresql", "sqlite"])
def project(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Project]:
    if request.param == "sqlite":
        yield Project(tmp_path, f"sqlite:///{tmp_path / 'db.sqlite3'}")
    else:
        with empty_database() as url:
            yield Project(tmp_path, url)


def test_the_code_runs_as_it_stands(project: Project) -> None:
    project.run("manage.py", "makemigrations", "shop")
    project.run("manage.py", "migrate")
    printed = project.run(SCRIPT)
    assert "somebody was faster: 2" in printed
    assert "0: John Doe registered" in printed
    assert "1: john@example.com is verified" in printed
    assert "Welcome! to john@example.com" in printed
    assert "20.00" in printed

    log = project.run("manage.py", "runworker", "--batch")
    assert "Subject: Order" in log
    assert "1 messages done, 0 attempts failed, 1 events handled" in log
    spending = project.run(
        "-c",
        "import django; django.setup(); from shop.models import CustomerSpending; "
        "print(*CustomerSpending.objects.values_list())",
    )
    assert spending == "('John Doe', Decimal('20.00'))\n"

    assert "Ran 1 test" in project.run("manage.py", "test", "shop")


def test_every_name_of_the_package_in_the_code_is_public() -> None:
    imported = re.findall(r"^from (eventstreaming[.\w]*) import", README, re.MULTILINE)
    assert set(imported) == {
        "eventstreaming",
        "eventstreaming.backends",
        "eventstreaming.exceptions",
    }


def test_every_link_leads_to_a_file() -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", README)
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []
