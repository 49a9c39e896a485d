"""Settings of the processes of a chaos run: the package and the run's own app."""

import os

import environ

env = environ.Env()

SECRET_KEY = "only-for-the-tests"
INSTALLED_APPS = ["eventstreaming", "tests.chaos"]
DATABASES = {"default": env.db("DATABASE_URL")}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
TIME_ZONE = "UTC"

# Everything that any process does with the store is recorded.
EVENT_STORES = {
    "default": {
        "BACKEND": "tests.history.stores.RecordingStore",
        "OPTIONS": {
            "history": env("CHAOS_HISTORY"),
            # A supervisor and its children share all but this.
            "process": f"{env('CHAOS_PROCESS')}.{os.getpid()}",
        },
    },
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"format": "{asctime} {levelname} {message}", "style": "{"},
    },
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": "line"},
    },
    "loggers": {"eventstreaming": {"handlers": ["console"], "level": "INFO"}},
}
