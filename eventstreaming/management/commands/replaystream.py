import os
import sys
from argparse import ArgumentParser
from collections.abc import Callable
from typing import Any

import msgspec
from django.core.management.base import CommandError
from django.utils.module_loading import import_string

from eventstreaming.backends import DEFAULT_ALIAS
from eventstreaming.exceptions import EventStreamingError
from eventstreaming.management.documented import DocumentedCommand
from eventstreaming.management.moments import moment
from eventstreaming.management.progress import ProgressLine
from eventstreaming.operations.redaction import shown_event
from eventstreaming.operations.replay import ReplayProgress, replay
from eventstreaming.processing.registry import handlers
from eventstreaming.types import StoredEvent


class Command(DocumentedCommand):
    help = (
        "Hand stored events to a function once more, or print them as JSON lines. "
        "No checkpoint moves, and a failing event is not tried again."
    )
    epilog = (
        "examples:\n"
        "  manage.py replaystream orders                   print all, a line each\n"
        "  manage.py replaystream order-* --since 2026-11-01 --until 2026-12-01\n"
        "  manage.py replaystream --subscription billing --start 500 --rate 200\n"
        '  manage.py replaystream "*" --handler shop.reports.count --type OrderPlaced\n'
        "\n"
        "Places are offsets in a stream and positions in a category or in all (*)."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "source",
            nargs="?",
            metavar="SOURCE",
            help="A stream, a category (order-*), or * for the whole store.",
        )
        target = parser.add_mutually_exclusive_group()
        target.add_argument(
            "--handler",
            metavar="PATH",
            help="The dotted path of a function that takes an event.",
        )
        target.add_argument(
            "--subscription",
            metavar="NAME",
            help="A declared subscription: its function, and its source and types.",
        )
        places = (
            ("--start", "Begin at this place."),
            ("--end", "End with this place."),
            ("--limit", "Stop after so many events."),
        )
        for option, text in places:
            parser.add_argument(option, type=int, metavar="N", help=text)
        form = "a time like 2026-11-01T12:00, in UTC unless it says otherwise"
        parser.add_argument(
            "--since", type=moment, metavar="TIME", help=f"Begin at {form}."
        )
        parser.add_argument(
            "--until", type=moment, metavar="TIME", help=f"End before {form}."
        )
        parser.add_argument(
            "--type",
            action="append",
            dest="event_types",
            metavar="TYPE",
            help="Take this type only; may be given several times.",
        )
        parser.add_argument(
            "--rate", type=float, metavar="N", help="At most so many events per second."
        )
        parser.add_argument(
            "--store",
            default=DEFAULT_ALIAS,
            help='An alias of EVENT_STORES (default: "default").',
        )

    def handle(self, *args: Any, **options: Any) -> None:
        source, function, event_types = self._what(options)
        line = ProgressLine(self.stderr, shown=options["verbosity"] > 0)
        try:
            done = replay(
                source,
                function,
                event_types=event_types,
                progress=lambda progress: line.show(_described(progress)),
                **{name: options[name] for name in _PASSED_ON},
            )
        except EventStreamingError as error:
            line.clear()
            raise CommandError(_with_notes(error)) from error
        except BrokenPipeError:
            # Whoever read the lines has enough of them.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return
        line.clear()
        if options["verbosity"]:
            self.stderr.write(f"{done.events:,} events in {done.seconds:.1f} s.")

    def _what(
        self, options: dict[str, Any]
    ) -> tuple[str, Callable[[StoredEvent], Any], Any]:
        """Return source, function and event types that the options mean."""
        source, types = options["source"], options["event_types"]
        function: Callable[[StoredEvent], Any] = self._print
        if name := options["subscription"]:
            declared = handlers.subscriptions.get(name)
            if declared is None:
                raise CommandError(f"No subscription {name!r} is declared.")
            source = source or declared.source_text
            types = types or declared.event_types
            function = declared.function
        if path := options["handler"]:
            try:
                function = import_string(path)
            except ImportError as error:
                raise CommandError(f"--handler {path!r}: {error}") from error
        if source is None:
            raise CommandError("Name a source, or a --subscription.")
        return source, function, types

    def _print(self, event: StoredEvent) -> None:
        self.stdout.write(msgspec.json.encode(shown_event(event)).decode())


_PASSED_ON = ("start", "end", "since", "until", "limit", "rate", "store")


def _described(progress: ReplayProgress) -> str:
    text = f"{progress.events:,} events, {progress.rate:,.0f}/s"
    if progress.remaining is None:
        return text
    minutes, seconds = divmod(round(progress.remaining), 60)
    return f"{text}, {progress.fraction:.0%}, {minutes}:{seconds:02} left"


def _with_notes(error: BaseException) -> str:
    return " ".join([str(error), *getattr(error, "__notes__", ())])
