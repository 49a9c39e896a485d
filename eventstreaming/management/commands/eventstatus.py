from argparse import ArgumentParser
from typing import Any

import msgspec
from django.core.management.base import CommandError
from django.db import DatabaseError

from eventstreaming.backends import DEFAULT_ALIAS
from eventstreaming.exceptions import EventStreamingError
from eventstreaming.management.documented import DocumentedCommand
from eventstreaming.management.status_text import status_text
from eventstreaming.operations.status import store_status


class Command(DocumentedCommand):
    help = (
        "Show how far a store, its streams, subscriptions and queues have come, and "
        "which transactions hold readers back."
    )
    epilog = (
        "examples:\n"
        "  manage.py eventstatus\n"
        "  manage.py eventstatus order-* --limit 10\n"
        "  manage.py eventstatus --format json | jq .fence.holders\n"
        "\n"
        "Exit codes: 0, or 1 for bad arguments, or 2 when the database did not answer."
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
            "--store",
            default=DEFAULT_ALIAS,
            help='An alias of EVENT_STORES (default: "default").',
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            status = store_status(
                options["names"], limit=options["limit"], store=options["store"]
            )
        except EventStreamingError as error:
            raise CommandError(str(error)) from error
        except DatabaseError as error:
            raise CommandError(
                f"The database did not answer: {error}", returncode=2
            ) from error
        if options["format"] == "json":
            self.stdout.write(msgspec.json.encode(status).decode())
            return
        for line in status_text(status):
            self.stdout.write(line)
