"""Settings of the benchmarks: the package alone, as a plain project has it."""

import environ

DATABASES = {"default": environ.Env().db("DATABASE_URL")}
# The same database as a project without a connection pooler may set it up.
DATABASES["prepared"] = {
    **DATABASES["default"],
    "OPTIONS": {
        **DATABASES["default"].get("OPTIONS", {}),
        "server_side_binding": True,
        "prepare_threshold": 5,
    },
}
DEBUG = False
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
_BACKEND = "eventstreaming.backends.postgresql.PostgreSQLEventStore"
EVENT_STORES = {
    alias: {
        "BACKEND": _BACKEND,
        "OPTIONS": {"database": alias},
    }
    for alias in ("default", "prepared")
}
EVENT_STORES["silent"] = {"BACKEND": _BACKEND, "OPTIONS": {"notify": False}}
INSTALLED_APPS = ["eventstreaming", "benchmarks.work"]
SECRET_KEY = "only-for-the-benchmarks"
SILENCED_SYSTEM_CHECKS = ["eventstreaming.E004"]  # stores on one database
USE_TZ = True
