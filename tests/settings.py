"""Settings of the tests: those of the demo, and faster where it matters."""

from demo_project.settings import *  # noqa: F403
from demo_project.settings import DATABASES, INSTALLED_APPS

DEBUG = False
SECRET_KEY = "only-for-the-tests"

INSTALLED_APPS = [*INSTALLED_APPS, "tests.testapp", "tests.workerapp"]

DATABASES["default"]["TEST"] = {"NAME": "test_eventstreaming"}

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
