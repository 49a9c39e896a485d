"""The arguments of `manage.py parkedevents`."""

import json
from argparse import ArgumentParser, ArgumentTypeError

from eventstreaming.backends import DEFAULT_ALIAS


def add_subcommands(parser: ArgumentParser) -> None:
    """Declare list, replay, skip and edit."""
    commands = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    listing = commands.add_parser("list", help="Show parked events, in their order.")
    listing.add_argument(
        "subscription", nargs="?", help="One subscription; all when none is named."
    )
    listing.add_argument("--key", help="Only the events of this key.")
    listing.add_argument(
        "--failed", action="store_true", help="Only those that wait for a decision."
    )
    listing.add_argument(
        "--limit", type=int, default=100, help="At most so many (default: 100)."
    )
    replay = commands.add_parser(
        "replay", help="Have workers try parked events again, in order."
    )
    _add_subscription(replay)
    replay.add_argument(
        "keys", nargs="*", metavar="key", help="Keys; all when none is named."
    )
    skip = commands.add_parser("skip", help="Forget parked events for good.")
    _add_subscription(skip)
    skip.add_argument(
        "positions", nargs="+", type=int, metavar="position", help="As list shows them."
    )
    skip.add_argument(
        "--no-input", action="store_true", help="Do not ask before anything is done."
    )
    edit = commands.add_parser(
        "edit", help="Let the handler get other data for a parked event."
    )
    _add_subscription(edit)
    edit.add_argument("position", type=int, help="As list shows it.")
    edit.add_argument("data", type=_json, help="JSON: '{\"total\": 12}'.")
    for command in (listing, replay, skip, edit):
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


def _add_subscription(parser: ArgumentParser) -> None:
    parser.add_argument("subscription", help="The name of a subscription.")


def _json(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError as error:
        raise ArgumentTypeError(f"is no JSON: {error}") from error
