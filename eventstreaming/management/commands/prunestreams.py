from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from eventstreaming.backends import DEFAULT_ALIAS
from eventstreaming.exceptions import EventStreamingError
from eventstreaming.management.documented import DocumentedCommand
from eventstreaming.management.progress import ProgressLine
from eventstreaming.operations.retention import PruneReport, prune_streams
from eventstreaming.operations.windows import DailyWindow


class Command(DocumentedCommand):
    help = "Remove the events that are beyond the bounds of configure_stream()."
    epilog = (
        "examples:\n"
        "  manage.py prunestreams                        all streams\n"
        "  manage.py prunestreams order-* audit --dry-run\n"
        "  manage.py prunestreams --window 02:00-06:00   only at night, UTC\n"
        "\n"
        "It may be interrupted, and run twice at the same time: the next run finishes\n"
        "what is left."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "names",
            nargs="*",
            metavar="NAME",
            help="A stream, or a pattern like order-*; all streams when none is named.",
        )
        parser.add_argument(
            "--dry-run",
            action="store_true",
            help="Show what would be removed, and remove nothing.",
        )
        parser.add_argument(
            "--batch-size",
            type=int,
            default=1_000,
            help="How many events are deleted by one statement (default: 1000).",
        )
        parser.add_argument(
            "--window",
            metavar="HH:MM-HH:MM",
            help="Hours of the day in UTC; outside of them it does nothing, and stops.",
        )
        parser.add_argument(
            "--store",
            default=DEFAULT_ALIAS,
            help='An alias of EVENT_STORES (default: "default").',
        )

    def handle(self, *args: Any, **options: Any) -> None:
        dry_run, verbosity = options["dry_run"], options["verbosity"]
        line = ProgressLine(self.stderr, shown=verbosity > 0)
        total = 0

        def progress(stream_name: str, events: int) -> None:
            nonlocal total
            total += events
            if verbosity > 1 or (dry_run and verbosity):
                self.stdout.write(f"{stream_name}: {events:,}")
            line.show(f"{total:,} events, in {stream_name}")

        try:
            text = options["window"]
            report = prune_streams(
                options["names"],
                dry_run=dry_run,
                batch_size=options["batch_size"],
                window=None if text is None else DailyWindow.parse(text),
                progress=progress,
                store=options["store"],
            )
        except EventStreamingError as error:
            raise CommandError(str(error)) from error
        finally:
            line.clear()
        if verbosity:
            self.stdout.write(_summary(report, dry_run))


def _summary(report: PruneReport, dry_run: bool) -> str:
    verb = "would be removed" if dry_run else "removed"
    text = f"{report.events:,} events of {report.streams:,} streams {verb}."
    if report.finished:
        return text
    return f"{text} The window is closed; the next run goes on."
