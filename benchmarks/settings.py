"""Settings of the benchmarks: the package alone, as its documentation advises."""

import environ

# As a project behind a connection pooler has it, or one that was just begun.
_PLAIN = environ.Env().db("DATABASE_URL")
# As docs/settings.md advises where there is no pooler.
_ADVISED = {"OPTIONS": {**_PLAIN.get("OPTIONS", {}), "prepare_threshold": 5}}
DATABASES = {"default": {**_PLAIN, **_ADVISED}, "plain": _PLAIN}
DEBUG = False
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
_BACKEND = "eventstreaming.backends.postgresql.PostgreSQLEventStore"
EVENT_STORES = {
    alias: {
        "BACKEND": _BACKEND,
        "OPTIONS": {"database": alias},
    }
    for alias in ("default", "plain")
}
EVENT_STORES["silent"] = {"BACKEND": _BACKEND, "OPTIONS": {"notify": False}}
INSTALLED_APPS = ["eventstreaming", "benchmarks.work"]
SECRET_KEY = "only-for-the-benchmarks"
SILENCED_SYSTEM_CHECKS = ["eventstreaming.E004"]  # stores on one database
USE_TZ = True
