from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from eventstreaming.backends import DEFAULT_ALIAS
from eventstreaming.exceptions import EventStreamingError
from eventstreaming.management.documented import DocumentedCommand
from eventstreaming.management.durations import duration
from eventstreaming.management.progress import ProgressLine
from eventstreaming.operations.task_pruning import prune_tasks


class Command(DocumentedCommand):
    help = "Delete the results of Django's tasks that finished long ago."
    epilog = (
        "examples:\n"
        "  manage.py prunetasks --older-than 7d\n"
        "  manage.py prunetasks --older-than 7d --failed-older-than 90d --dry-run\n"
        "  manage.py prunetasks tasks:default:mail --older-than 12h\n"
        "\n"
        "It may be interrupted, and run twice at the same time: the next run finishes\n"
        "what is left. Tasks that have not finished are never deleted."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "queues",
            nargs="*",
            metavar="QUEUE",
            help="A queue, like tasks:default:mail; all of them when none is named.",
        )
        parser.add_argument(
            "--older-than",
            type=duration,
            required=True,
            metavar="AGE",
            help="How long ago they finished: 90s, 15m, 12h, 7d or 2w.",
        )
        parser.add_argument(
            "--failed-older-than",
            type=duration,
            metavar="AGE",
            help="How long ago failed ones finished (default: as the others).",
        )
        parser.add_argument(
            "--dry-run",
            action="store_true",
            help="Show how many would be deleted, and delete nothing.",
        )
        parser.add_argument(
            "--store",
            default=DEFAULT_ALIAS,
            help='An alias of EVENT_STORES (default: "default").',
        )

    def handle(self, *args: Any, **options: Any) -> None:
        line = ProgressLine(self.stderr, shown=options["verbosity"] > 0)
        try:
            pruned = prune_tasks(
                options["queues"],
                older_than=options["older_than"],
                failed_older_than=options["failed_older_than"],
                dry_run=options["dry_run"],
                progress=lambda count: line.show(f"{count:,} results"),
                store=options["store"],
            )
        except EventStreamingError as error:
            raise CommandError(str(error)) from error
        finally:
            line.clear()
        if options["verbosity"]:
            verb = "would be deleted" if options["dry_run"] else "deleted"
            self.stdout.write(f"{pruned:,} results of tasks {verb}.")
