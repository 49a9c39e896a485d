"""System checks of one backend's configuration."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from django.apps import apps
from django.core import checks
from django.core.checks import CheckMessage
from django.core.exceptions import ImproperlyConfigured

from eventstreaming.contrib.tasks.options import known_options, unknown_options
from eventstreaming.events.limits import limits
from eventstreaming.events.task_messages import task_stream
from eventstreaming.exceptions import InvalidArgument


def check_backend(
    alias: str, queues: Collection[str], options: Mapping[str, Any]
) -> Iterator[CheckMessage]:
    """Yield an error for each thing that would not work."""
    place = f"TASKS[{alias!r}]"
    if not apps.is_installed("eventstreaming"):
        yield _error(
            f"{place}: eventstreaming is not in INSTALLED_APPS.",
            "Add it, and run `manage.py migrate`.",
            "E020",
        )
        return
    if unknown := unknown_options(options):
        names = ", ".join(map(repr, unknown))
        yield _error(
            f"{place}: unknown OPTIONS {names}.",
            "Known are those of eventstreaming.contrib.tasks.TaskOptions.",
            "E021",
        )
    try:
        limits()
    except ImproperlyConfigured:
        return  # E003 says it
    for problem in known_options(options).problems():
        yield _error(f"{place}: OPTIONS {problem}.", "Correct its value.", "E022")
    for queue_name in sorted(map(str, queues)) or ["default"]:
        try:
            task_stream(alias, queue_name)
        except InvalidArgument as error:
            yield _error(
                f"{place}: {error}.",
                "The stream of a queue is called tasks:<alias>:<queue name>.",
                "E023",
            )


def _error(text: str, hint: str, number: str) -> CheckMessage:
    return checks.Error(text, hint=hint, id=f"eventstreaming.{number}")
