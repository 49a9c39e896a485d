from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from django.core.management.base import CommandError

from eventstreaming.backends import DEFAULT_ALIAS
from eventstreaming.exceptions import EventStreamingError
from eventstreaming.management.answers import answer_to
from eventstreaming.management.documented import DocumentedCommand
from eventstreaming.management.moments import moment
from eventstreaming.operations.resetting import (
    BEGINNING,
    END,
    Edge,
    reset_subscription,
)
from eventstreaming.operations.status import store_subscriptions


class Command(DocumentedCommand):
    help = (
        "Let a subscription go on elsewhere. What lies between is handled once more, "
        "or never; the checkpoints of all its partitions move together."
    )
    epilog = (
        "examples:\n"
        "  manage.py resetsubscription billing --to 500        the next event is 500\n"
        "  manage.py resetsubscription billing --beginning\n"
        "  manage.py resetsubscription billing --since 2026-11-01 --yes\n"
        "\n"
        "A place is an offset for a subscription to one stream, else a position."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", metavar="NAME", help="The subscription.")
        to = parser.add_mutually_exclusive_group(required=True)
        to.add_argument("--to", type=int, metavar="N", help="Go on at this place.")
        to.add_argument(
            "--since",
            type=moment,
            metavar="TIME",
            help="Go on at a time like 2026-11-01T12:00, in UTC unless it says otherwise.",
        )
        to.add_argument(
            "--beginning", action="store_true", help="Do all of it once more."
        )
        to.add_argument("--end", action="store_true", help="Pass over what there is.")
        parser.add_argument("--yes", action="store_true", help="Do not ask.")
        parser.add_argument(
            "--store",
            default=DEFAULT_ALIAS,
            help='An alias of EVENT_STORES (default: "default").',
        )

    def handle(self, *args: Any, **options: Any) -> None:
        name, store = options["name"], options["store"]
        try:
            if not options["yes"] and not self._is_meant(name, store):
                raise CommandError("Nothing was done.")
            place = reset_subscription(name, _target(options), store=store)
        except EventStreamingError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{name} goes on at {place}.")

    def _is_meant(self, name: str, store: str) -> bool:
        """Ask, when there is something to lose."""
        for status in store_subscriptions(store):
            if status.name == name:
                place = "the beginning" if status.place is None else status.place
                self.stdout.write(
                    f"{name} reads {status.source} and has come to {place}."
                )
                answer = answer_to("Move it? Type its name: ")
                return answer == name
        return True  # there is none, which the reset says


def _target(options: dict[str, Any]) -> int | datetime | Edge:
    if options["beginning"]:
        return BEGINNING
    if options["end"]:
        return END
    found: int | datetime = (
        options["to"] if options["to"] is not None else options["since"]
    )
    return found
