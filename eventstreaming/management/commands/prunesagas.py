from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from eventstreaming.backends import DEFAULT_ALIAS
from eventstreaming.exceptions import EventStreamingError
from eventstreaming.management.documented import DocumentedCommand
from eventstreaming.management.durations import duration
from eventstreaming.management.progress import ProgressLine
from eventstreaming.operations.saga_retention import prune_sagas


class Command(DocumentedCommand):
    help = (
        "Delete sagas that were completed or compensated long ago. Their histories stay, "
        "and so do failed sagas."
    )
    epilog = (
        "examples:\n"
        "  manage.py prunesagas --older-than 90d\n"
        "  manage.py prunesagas order --older-than 2w --dry-run\n"
        "\n"
        "It may be interrupted, and run twice at the same time. The histories are the\n"
        "streams saga-*: see configure_stream() and prunestreams."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "names", nargs="*", metavar="SAGA", help="Only sagas of these names."
        )
        parser.add_argument(
            "--older-than",
            type=duration,
            required=True,
            metavar="AGE",
            help="How long ago they ended: 90s, 15m, 12h, 7d or 2w.",
        )
        parser.add_argument(
            "--dry-run",
            action="store_true",
            help="Say how many would be deleted, and delete nothing.",
        )
        parser.add_argument(
            "--store",
            default=DEFAULT_ALIAS,
            help='An alias of EVENT_STORES (default: "default").',
        )

    def handle(self, *args: Any, **options: Any) -> None:
        line = ProgressLine(self.stderr, shown=options["verbosity"] > 0)
        try:
            count = prune_sagas(
                options["older_than"],
                options["names"],
                dry_run=options["dry_run"],
                progress=lambda total: line.show(f"{total:,} sagas"),
                store=options["store"],
            )
        except EventStreamingError as error:
            raise CommandError(str(error)) from error
        finally:
            line.clear()
        if options["verbosity"]:
            verb = "would be deleted" if options["dry_run"] else "deleted"
            self.stdout.write(f"{count:,} sagas {verb}.")
