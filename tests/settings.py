"""Settings of the tests: those of the demo, and faster where it matters."""

import os
import tempfile
from pathlib import Path

import django

from demo_project.settings import *  # noqa: F403
from demo_project.settings import DATABASES, INSTALLED_APPS, MIDDLEWARE

DEBUG = False
SECRET_KEY = "only-for-the-tests"

INSTALLED_APPS = [
    *INSTALLED_APPS,
    "tests.testapp",
    "tests.workerapp",
    "tests.taskapp",
]
if django.VERSION < (6,):
    INSTALLED_APPS.append("django_tasks")  # the same framework, as a package

TASKS = {
    "default": {
        "BACKEND": "eventstreaming.contrib.tasks.EventStreamingBackend",
        "QUEUES": ["default", "mail"],
    },
    "patient": {
        "BACKEND": "eventstreaming.contrib.tasks.EventStreamingBackend",
        "OPTIONS": {"max_attempts": 3, "backoff": 0},
    },
}

MIDDLEWARE = ["tests.browser.policy.strict_policy_middleware", *MIDDLEWARE]

DATABASES["default"].get("OPTIONS", {}).pop("prepare_threshold", None)
DATABASES["default"]["TEST"] = {"NAME": "test_eventstreaming"}

# In a file, which threads share; each run has its own.
SQLITE = Path(tempfile.gettempdir(), f"test_eventstreaming_{os.getpid()}.sqlite3")
DATABASES["sqlite"] = {
    "ENGINE": "django.db.backends.sqlite3",
    "NAME": ":memory:",
    # As the server of the tests: losing a file in a power failure is fine.
    "OPTIONS": {"init_command": "PRAGMA synchronous=OFF"},
    "TEST": {"NAME": str(SQLITE), "DEPENDENCIES": []},
}

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
