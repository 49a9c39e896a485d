"""Documents as programs: a page's code, run as the project that it describes."""

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SCRIPT = "script.py"

# What `django-admin startproject` has written before a page begins.
SETTINGS = """\
import django
import environ

SECRET_KEY = "only-for-the-test"
USE_TZ = True
DATABASES = {"default": environ.Env().db("DATABASE_URL")}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
INSTALLED_APPS = ["django.contrib.contenttypes", "django.contrib.auth"]
MIDDLEWARE = []
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
BEGIN = """\
import django
from django.core.management import call_command

django.setup()
"""
BLOCK = re.compile(r"^```(python|console)\n(.*?)^```", re.DOTALL | re.MULTILINE)
COMMAND = re.compile(r"^\$ python manage\.py (.+)$", re.MULTILINE)


def blocks(page: str) -> list[tuple[str, str]]:
    """Return the Python and console blocks of a page, with their languages."""
    return BLOCK.findall(page)


def files(page: str) -> dict[str, str]:
    """
    Return the Python blocks by the file that their first line names.

    The blocks that name none are the script.
    """
    found: dict[str, str] = {SCRIPT: "import django\n\ndjango.setup()\n"}
    for language, block in blocks(page):
        if language == "python":
            name = file_name(block) or SCRIPT
            found[name] = found.get(name, "") + "\n" + block
    return found


def file_name(block: str) -> str | None:
    """Return the file that a block's first line names."""
    named = re.match(r"# (\S+\.py)\n", block)
    return named[1] if named else None


def story(page: str) -> str:
    """
    Return a program that does what a reader of the page does, in order.

    It runs the blocks that are in no file, and the management commands.
    """
    parts = [BEGIN]
    for language, block in blocks(page):
        if language == "console":
            commands = COMMAND.findall(block)
            parts += [f"call_command(*{command.split()!r})\n" for command in commands]
        elif file_name(block) is None:
            parts.append(block)
    return "\n".join(parts)


def answers(page: str) -> list[str]:
    """
    Return what management commands print, line by line, as the page shows it.

    "…" at an end of a line stands for more that is there.
    """
    shown = []
    for language, block in blocks(page):
        if language == "console" and COMMAND.search(block):
            lines = block.splitlines()
            shown += [line for line in lines if not line.startswith("$")]
    return [unspaced(line.strip("… ")) for line in shown]


def unspaced(text: str) -> str:
    """Return a text with single spaces: columns are as wide as their longest cell."""
    return re.sub(" +", " ", text)


class Project:
    """A Django project in a folder, with a database of its own."""

    def __init__(self, folder: Path, url: str, texts: Mapping[str, str]) -> None:
        self.folder = folder
        self.url = url
        texts = {"manage.py": MANAGE, **texts}
        texts["settings.py"] = SETTINGS + texts.get("settings.py", "")
        for name, text in texts.items():
            path = folder / name
            path.parent.mkdir(exist_ok=True, parents=True)
            path.write_text(text)
            if path.parent != folder:
                (path.parent / "__init__.py").touch()

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
