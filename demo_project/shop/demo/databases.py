"""The database of the demo: a server where there is none, tables, a login."""

import time

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.db import OperationalError, connection

from demo_project.embedded import EmbeddedPostgreSQL
from demo_project.shop.demo import DemoFailed, interrupts
from demo_project.shop.demo.programs import running

FOLDER = settings.BASE_DIR / ".postgresql"
LOGIN = "demo"
INTERVAL = 0.1


def run_with_own_server(*arguments: str) -> int:
    """
    Run `manage.py` with a PostgreSQL of the demo's own; return the exit code.

    It is a process of its own because settings read DATABASE_URL when they are
    imported, which they are by now. The data stay in FOLDER.
    """
    with EmbeddedPostgreSQL(FOLDER) as server:
        interrupts.check()
        environment = {"DATABASE_URL": server.url}
        try:
            with running(*arguments, environment=environment, grace=None) as again:
                while again.poll() is None and not interrupts.received():
                    time.sleep(INTERVAL)
        finally:
            interrupts.ignore()  # the server is to stop in any case
    if interrupts.received() and again.returncode < 0:
        raise KeyboardInterrupt  # it was stopped before it listened to signals
    return again.returncode


def prepare_database() -> None:
    """Create the tables and, while debugging, a login for the admin."""
    try:
        connection.ensure_connection()
    except OperationalError as error:
        raise DemoFailed(f"The database cannot be reached: {error}") from error
    call_command("migrate", interactive=False, verbosity=0)
    users = get_user_model()._default_manager
    if settings.DEBUG and not users.filter(username=LOGIN).exists():
        users.create_superuser(LOGIN, password=LOGIN)
