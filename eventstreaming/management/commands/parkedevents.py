import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from eventstreaming.exceptions import EventStreamingError
from eventstreaming.management.answers import answer_to
from eventstreaming.management.documented import DocumentedCommand
from eventstreaming.management.parked_event_arguments import add_subcommands
from eventstreaming.management.reports import parked_event_document, parked_event_line
from eventstreaming.operations.parked_events import (
    edit_parked_event,
    parked_events,
    replay_parked_events,
    skip_parked_events,
)


class Command(DocumentedCommand):
    help = "List what subscriptions have parked, edit it, try it again, or skip it."
    epilog = (
        "examples:\n"
        "  manage.py parkedevents list billing --failed\n"
        "  manage.py parkedevents edit billing 1047 '{\"total\": 12}'\n"
        "  manage.py parkedevents replay billing customer-7\n"
        "  manage.py parkedevents skip billing 1047\n"
        "\n"
        "Workers do what replay asks for: the events of a key in their order, up to\n"
        "the first that fails. When the failed one is skipped, those behind it go on."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_subcommands(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            getattr(self, f"_{options['action']}")(options)
        except EventStreamingError as error:
            raise CommandError(str(error)) from error

    def _list(self, options: dict[str, Any]) -> None:
        rows = parked_events(
            options["subscription"],
            key=options["key"],
            failed=options["failed"],
            limit=options["limit"],
            store=options["store"],
        )
        if options["format"] == "json":
            self._print([parked_event_document(row) for row in rows])
            return
        for row in rows:
            self.stdout.write(parked_event_line(row))
        if not rows:
            self.stderr.write("No parked events.")

    def _replay(self, options: dict[str, Any]) -> None:
        keys = replay_parked_events(
            options["subscription"], options["keys"] or None, store=options["store"]
        )
        missing = sorted({*options["keys"]} - {*keys})
        if missing:
            self.stderr.write(f"Nothing has failed of: {', '.join(missing)}")
        self._tell(
            options, f"{len(keys):,} keys are tried again.", {"replayed_keys": keys}
        )

    def _skip(self, options: dict[str, Any]) -> None:
        positions = options["positions"]
        if not options["no_input"]:
            count = len(positions)
            self.stderr.write(
                f"Skip {count:,} events of {options['subscription']!r} for good? [y/N] ",
                ending="",
            )
            self.stderr.flush()
            if answer_to().strip().lower() not in ("y", "yes"):
                raise CommandError("Nothing was done.")
        skipped = skip_parked_events(
            options["subscription"], positions, store=options["store"]
        )
        self._tell(options, f"{skipped:,} skipped.", {"skipped": skipped})

    def _edit(self, options: dict[str, Any]) -> None:
        position = options["position"]
        edit_parked_event(
            options["subscription"], position, options["data"], store=options["store"]
        )
        self._tell(options, "Edited; now replay its key.", {"edited": position})

    def _tell(self, options: dict[str, Any], text: str, document: object) -> None:
        if options["format"] == "json":
            self._print(document)
        elif options["verbosity"]:
            self.stdout.write(text)

    def _print(self, document: object) -> None:
        self.stdout.write(json.dumps(document, ensure_ascii=False))
