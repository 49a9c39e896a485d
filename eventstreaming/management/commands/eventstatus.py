from argparse import ArgumentParser
from typing import Any

import msgspec
from django.core.management.base import CommandError
from django.db import DatabaseError, connections

from eventstreaming.backends import DEFAULT_ALIAS
from eventstreaming.exceptions import EventStreamingError
from eventstreaming.management.documented import DocumentedCommand
from eventstreaming.management.status_text import status_text
from eventstreaming.management.watching import watch
from eventstreaming.operations.status import StoreStatus, store_status
from eventstreaming.operations.thresholds import Thresholds, problems

NO_ANSWER = 2  # the exit code

_BOUNDS = {
    "held": ("SECONDS", "when a transaction holds readers back for longer"),
    "lag": ("EVENTS", "when a subscription has more events ahead (10000 are counted)"),
    "behind": ("SECONDS", "when the next event of a subscription is older"),
    "stalled": ("SECONDS", "when a subscription gets no further while events wait"),
    "depth": ("MESSAGES", "when a queue holds more"),
    "dead": ("MESSAGES", "when a queue has more dead letters"),
    "age": ("SECONDS", "when the oldest ready message of a queue waits longer"),
    "failed": ("SAGAS", "when more sagas of one name could not be undone"),
}


class Command(DocumentedCommand):
    help = (
        "Show how far a store, its streams, subscriptions and queues have come, which "
        "transactions hold readers back, and which workers there are."
    )
    epilog = (
        "examples:\n"
        "  manage.py eventstatus\n"
        "  manage.py eventstatus order-* --limit 10\n"
        "  manage.py eventstatus --format json | jq .fence.holders\n"
        "  manage.py eventstatus --watch 5            in place, until Ctrl+C\n"
        "  manage.py eventstatus --watch --format json   one line per round\n"
        "  manage.py eventstatus --max-behind 60 --max-dead 0   for a monitor\n"
        "\n"
        "Exit codes: 0, or 1 when a bound is passed, or 2 when the database did not\n"
        "answer."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "names",
            nargs="*",
            metavar="NAME",
            help="A stream, or a pattern like order-*; all streams when none is named.",
        )
        parser.add_argument(
            "--limit",
            type=int,
            default=50,
            help="How many streams are shown at most (default: 50).",
        )
        parser.add_argument(
            "--format",
            choices=["text", "json"],
            default="text",
            help="Text for people (default), or one JSON document; ages in seconds.",
        )
        parser.add_argument(
            "--watch",
            nargs="?",
            type=float,
            const=2.0,
            metavar="SECONDS",
            help="Show it again every so many seconds (default: 2), until Ctrl+C.",
        )
        bounds = parser.add_argument_group("bounds, for monitors")
        for name, (unit, text) in _BOUNDS.items():
            bounds.add_argument(
                f"--max-{name}", type=float, metavar=unit, help=f"Fail {text}."
            )
        parser.add_argument(
            "--store",
            default=DEFAULT_ALIAS,
            help='An alias of EVENT_STORES (default: "default").',
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            thresholds = Thresholds(**{n: options[f"max_{n}"] for n in _BOUNDS})
        except EventStreamingError as error:
            raise CommandError(str(error)) from error
        seconds = options["watch"]
        if seconds is None:
            status = self._ask(options)
            self.stdout.write("\n".join(self._told(status, options)))
            if found := list(problems(status, thresholds)):
                raise CommandError("\n".join(found))
            return
        if not 0.1 <= seconds <= 86_400:
            raise CommandError("--watch: give 0.1 to 86400 seconds")
        gap = "" if options["format"] == "json" else "\n"
        watch(lambda: self._round(thresholds, options), seconds, self.stdout, gap=gap)

    def _ask(self, options: dict[str, Any]) -> StoreStatus:
        try:
            return store_status(
                options["names"], limit=options["limit"], store=options["store"]
            )
        except EventStreamingError as error:
            raise CommandError(str(error)) from error
        except DatabaseError as error:
            raise CommandError(
                f"The database did not answer: {error}", returncode=NO_ANSWER
            ) from error

    def _told(self, status: StoreStatus, options: dict[str, Any]) -> list[str]:
        if options["format"] == "json":
            return [msgspec.json.encode(status).decode()]
        return list(status_text(status))

    def _round(self, thresholds: Thresholds, options: dict[str, Any]) -> list[str]:
        """Return one round; a database that is away is asked again in the next."""
        try:
            status = self._ask(options)
        except CommandError as error:
            if error.returncode != NO_ANSWER:
                raise
            self.stderr.write(str(error))
            connections.close_all()
            return []
        passed = list(problems(status, thresholds))
        if passed:
            self.stderr.write("\n".join(passed))
        return self._told(status, options)
