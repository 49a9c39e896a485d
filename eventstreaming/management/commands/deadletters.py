import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from eventstreaming import services
from eventstreaming.exceptions import EventStreamingError
from eventstreaming.management.answers import answer_to
from eventstreaming.management.dead_letter_arguments import (
    add_subcommands,
    selection_of,
)
from eventstreaming.management.documented import DocumentedCommand
from eventstreaming.management.progress import ProgressLine
from eventstreaming.management.reports import dead_letter_document, dead_letter_line
from eventstreaming.operations.dead_letters import (
    count_selected,
    discard_selected,
    prune_dead_letters,
    redrive_selected,
)


class Command(DocumentedCommand):
    help = "List dead letters, send them back, or delete them."
    epilog = (
        "examples:\n"
        "  manage.py deadletters list email-queue --newer-than 1h\n"
        "  manage.py deadletters redrive email-queue 1047 1048\n"
        "  manage.py deadletters redrive email-queue --reason max_attempts --rate 20\n"
        "  manage.py deadletters discard email-queue --older-than 30d --dry-run\n"
        "  manage.py deadletters prune\n"
        "\n"
        "redrive and discard say how many there are and ask first, unless --no-input.\n"
        "They may be interrupted: what is done is done, and the next run goes on."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_subcommands(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            getattr(self, f"_{options['action']}")(options)
        except EventStreamingError as error:
            raise CommandError(str(error)) from error

    def _list(self, options: dict[str, Any]) -> None:
        names = ("reason", "fingerprint", "older_than", "newer_than", "limit", "store")
        conditions = {name: options[name] for name in names}
        letters = services.dead_letters(options["queue"], **conditions)
        if options["format"] == "json":
            self._print([dead_letter_document(letter) for letter in letters])
            return
        for letter in letters:
            self.stdout.write(dead_letter_line(letter))
        if not letters:
            self.stderr.write("No dead letters.")

    def _redrive(self, options: dict[str, Any]) -> None:
        self._change(options, "redrive", redrive_selected, rate=options["rate"])

    def _discard(self, options: dict[str, Any]) -> None:
        self._change(options, "discard", discard_selected)

    def _change(
        self, options: dict[str, Any], verb: str, change: Any, **how: Any
    ) -> None:
        selection, limit = selection_of(options), options["limit"]
        count = count_selected(selection)
        if limit is not None:
            count = min(count, limit)
        what = f"{count:,} dead letters of queue {selection.stream_name!r}"
        if options["dry_run"]:
            self._tell(options, f"Would {verb} {what}.", {f"would_{verb}": count})
            return
        if count and not options["no_input"]:
            self.stderr.write(f"{verb.capitalize()} {what}? [y/N] ", ending="")
            self.stderr.flush()
            if answer_to().strip().lower() not in ("y", "yes"):
                raise CommandError("Nothing was done.")
        line = ProgressLine(self.stderr, shown=options["verbosity"] > 0)
        try:
            done = change(
                selection,
                limit=limit,
                progress=lambda n: line.show(f"{n:,} of {count:,}"),
                **how,
            )
        finally:
            line.clear()
        self._tell(options, f"{done:,} done.", {verb: done})

    def _prune(self, options: dict[str, Any]) -> None:
        pruned = prune_dead_letters(
            options["queues"],
            older_than=options["older_than"],
            dry_run=options["dry_run"],
            store=options["store"],
        )
        verb = "Would delete" if options["dry_run"] else "Deleted"
        text = "\n".join(f"{name}: {count:,}" for name, count in pruned.items())
        total = f"{verb} {sum(pruned.values()):,} dead letters."
        self._tell(options, f"{text}\n{total}" if text else total, pruned)

    def _tell(self, options: dict[str, Any], text: str, document: object) -> None:
        if options["format"] == "json":
            self._print(document)
        elif options["verbosity"]:
            self.stdout.write(text)

    def _print(self, document: object) -> None:
        self.stdout.write(json.dumps(document, ensure_ascii=False))
