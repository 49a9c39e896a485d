import os
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from typing import Any

import msgspec
from django.core.management.base import CommandError

from eventstreaming.backends import DEFAULT_ALIAS, event_stores
from eventstreaming.exceptions import EventStreamingError
from eventstreaming.management.documented import DocumentedCommand
from eventstreaming.operations.redaction import shown, shown_event
from eventstreaming.processing.sources import Source, SourceKind
from eventstreaming.types import StoredEvent


class Command(DocumentedCommand):
    help = "Print the events of a stream, a category or the whole store."
    epilog = (
        "examples:\n"
        "  manage.py readstream orders                     all, a line each\n"
        "  manage.py readstream order-* --from 500 --limit 10 --format json\n"
        "  manage.py readstream orders --last 5 --follow   the last five, then what comes\n"
        '  manage.py readstream "*" --type OrderPlaced --follow\n'
        "\n"
        "Places are offsets in a stream and positions in a category or in all (*).\n"
        "--follow ends with Ctrl+C."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "source",
            metavar="SOURCE",
            help="A stream, a category (order-*), or * for the whole store.",
        )
        start = parser.add_mutually_exclusive_group()
        start.add_argument(
            "--from", type=int, dest="first", metavar="N", help="Begin at this place."
        )
        start.add_argument(
            "--last",
            type=int,
            metavar="N",
            help="Begin with the last N events; 0 with what comes.",
        )
        parser.add_argument(
            "--limit", type=int, metavar="N", help="Stop after so many events."
        )
        parser.add_argument(
            "--type",
            action="append",
            dest="event_types",
            metavar="TYPE",
            help="Take this type only; may be given several times.",
        )
        parser.add_argument(
            "--follow", action="store_true", help="Go on with events as they come."
        )
        parser.add_argument(
            "--format",
            choices=["text", "json"],
            default="text",
            help="A line for people (default), or a JSON document a line.",
        )
        parser.add_argument(
            "--store",
            default=DEFAULT_ALIAS,
            help='An alias of EVENT_STORES (default: "default").',
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            for event in _events(options):
                self.stdout.write(_FORMATS[options["format"]](event))
                self.stdout.flush()
        except EventStreamingError as error:
            raise CommandError(str(error)) from error
        except BrokenPipeError:
            # Whoever read the lines has enough of them.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        except KeyboardInterrupt:
            if not options["follow"]:
                raise


def _events(options: dict[str, Any]) -> Iterator[StoredEvent]:
    source, first = Source.parse(options["source"]), options["first"]
    common = {"event_types": options["event_types"]}
    if options["last"] is not None:
        newest = list(
            _read(source, options, None, backwards=True, limit=max(options["last"], 1))
            if options["last"] >= 0
            else ()
        )
        if newest:
            ahead = 0 if options["last"] else 1
            first = source.place(newest[-1]) + ahead
    return _read(
        source,
        options,
        first,
        limit=options["limit"],
        follow=options["follow"],
        **common,
    )


def _read(
    source: Source, options: dict[str, Any], first: int | None, **how: Any
) -> Iterator[StoredEvent]:
    store = event_stores[options["store"]]
    if source.kind is SourceKind.STREAM:
        return store.read_stream(source.name, first, **how)
    if source.kind is SourceKind.CATEGORY:
        return store.read_category(source.name, first, **how)
    return store.read_all(first, **how)


def _text(event: StoredEvent) -> str:
    data = shown(event.stream_name, event.event_type, event.data)
    return (
        f"{event.position:>9}  {event.stream_name}@{event.offset}  "
        f"{event.timestamp:%Y-%m-%d %H:%M:%S}  {event.event_type}  "
        f"{msgspec.json.encode(data).decode()}"
    )


def _json(event: StoredEvent) -> str:
    return msgspec.json.encode(shown_event(event)).decode()


_FORMATS = {"text": _text, "json": _json}
