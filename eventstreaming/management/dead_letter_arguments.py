"""The arguments of `manage.py deadletters`."""

from argparse import ArgumentParser
from typing import Any

from eventstreaming.backends import DEFAULT_ALIAS
from eventstreaming.management.durations import duration
from eventstreaming.operations.dead_letters import DeadLetterSelection


def add_subcommands(parser: ArgumentParser) -> None:
    """Declare list, redrive, discard and prune."""
    commands = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    listing = commands.add_parser("list", help="Show dead letters, the newest first.")
    listing.add_argument("queue", nargs="?", help="One queue; all when none is named.")
    _add_conditions(listing)
    _add_limit(listing, 100)
    redrive = commands.add_parser("redrive", help="Send dead letters back.")
    _add_selection(redrive)
    redrive.add_argument(
        "--rate", type=float, metavar="N", help="At most so many messages a second."
    )
    discard = commands.add_parser("discard", help="Delete dead letters for good.")
    _add_selection(discard)
    prune = commands.add_parser(
        "prune", help="Delete dead letters that are beyond their queue's retention."
    )
    prune.add_argument(
        "queues", nargs="*", metavar="queue", help="Queues; all when none is named."
    )
    _add_age(prune, "--older-than", "Take the place of the queues' setting: 30d.")
    _add_dry_run(prune)
    for command in (listing, redrive, discard, prune):
        command.add_argument(
            "--format",
            choices=["text", "json"],
            default="text",
            help="json prints one document to standard output, and nothing else.",
        )
        command.add_argument(
            "--store",
            default=DEFAULT_ALIAS,
            help='An alias of EVENT_STORES (default: "default").',
        )


def selection_of(options: dict[str, Any]) -> DeadLetterSelection:
    """Return which dead letters the arguments mean."""
    return DeadLetterSelection(
        stream_name=options["queue"],
        ids=tuple(options["ids"]) or None,
        reason=options["reason"],
        fingerprint=options["fingerprint"],
        older_than=options["older_than"],
        newer_than=options["newer_than"],
        store=options["store"],
    )


def _add_selection(parser: ArgumentParser) -> None:
    parser.add_argument("queue", help="The queue that the messages died in.")
    parser.add_argument(
        "ids", nargs="*", metavar="id", help="Message ids; all when none is named."
    )
    _add_conditions(parser)
    _add_limit(parser, None)
    _add_dry_run(parser)
    parser.add_argument(
        "--no-input", action="store_true", help="Do not ask before anything is done."
    )


def _add_conditions(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--reason",
        help="Why they died: rejected, max_attempts, max_deliveries, cancelled.",
    )
    parser.add_argument("--fingerprint", help="Only those that died of this error.")
    _add_age(parser, "--older-than", "Only those that died longer ago: 90s, 12h, 7d.")
    _add_age(parser, "--newer-than", "Only those that died since then: 90s, 12h, 7d.")


def _add_age(parser: ArgumentParser, name: str, text: str) -> None:
    parser.add_argument(name, type=duration, metavar="AGE", help=text)


def _add_limit(parser: ArgumentParser, default: int | None) -> None:
    text = "At most so many" + (f" (default: {default})." if default else ".")
    parser.add_argument("--limit", type=int, default=default, metavar="N", help=text)


def _add_dry_run(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--dry-run", action="store_true", help="Say how many there are; do nothing."
    )
