import logging
import os
import signal
import sys
from argparse import ArgumentParser, ArgumentTypeError, RawDescriptionHelpFormatter
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from eventstreaming.exceptions import EventStreamingError
from eventstreaming.processing.worker import Worker

logger = logging.getLogger("eventstreaming.worker")

LEVELS = {0: logging.ERROR, 1: logging.INFO, 2: logging.DEBUG, 3: logging.DEBUG}


class Command(BaseCommand):
    help = (
        "Run the queue handlers and subscriptions that the installed apps declare in\n"
        "subscriptions.py (django-eventstreaming)."
    )
    epilog = (
        "examples:\n"
        "  manage.py runworker                     everything, with 4 threads\n"
        "  manage.py runworker email-queue         one queue\n"
        "  manage.py runworker --batch             do what there is to do, then exit\n"
        "\n"
        "SIGTERM and SIGINT let running handlers finish, give back the rest and exit\n"
        "with 0; a second one stops at once with 1: what ran is delivered again when\n"
        "its visibility timeout ends."
    )

    def create_parser(self, *args: Any, **kwargs: Any) -> Any:
        return super().create_parser(
            *args,
            epilog=self.epilog,
            formatter_class=RawDescriptionHelpFormatter,
            **kwargs,
        )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "names",
            nargs="*",
            metavar="NAME",
            help="A queue or subscription to run; all of them when none is named.",
        )
        parser.add_argument(
            "--threads",
            type=_positive,
            default=4,
            help="How many messages are handled at the same time (default: 4).",
        )
        parser.add_argument(
            "--batch",
            action="store_true",
            help="Exit when there is nothing left to do.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        self._show_log(options["verbosity"])
        try:
            worker = Worker(
                options["names"], threads=options["threads"], batch=options["batch"]
            )
            self._listen_to_signals(worker)
            went_well = worker.run()
        except EventStreamingError as error:
            raise CommandError(str(error)) from error
        if not went_well:
            raise CommandError("The worker ended with an error; see the log.")

    def _show_log(self, verbosity: int) -> None:
        """Show the worker's log where the project has configured none."""
        package = logging.getLogger("eventstreaming")
        if not package.hasHandlers():
            handler = logging.StreamHandler(self.stderr)
            handler.setFormatter(
                logging.Formatter("%(asctime)s %(levelname)s %(message)s")
            )
            package.addHandler(handler)
            package.setLevel(LEVELS[verbosity])

    def _listen_to_signals(self, worker: Worker) -> None:
        received: list[int] = []

        def on_signal(number: int, frame: FrameType | None) -> None:
            name = signal.Signals(number).name
            received.append(number)
            if len(received) > 1:
                logger.warning("%s again: stopping at once", name)
                sys.stderr.flush()
                os._exit(1)
            logger.info("%s: finishing what runs; again to stop at once", name)
            worker.stop()

        signal.signal(signal.SIGTERM, on_signal)
        signal.signal(signal.SIGINT, on_signal)


def _positive(text: str) -> int:
    try:
        number = int(text)
    except ValueError:
        number = 0
    if number < 1:
        raise ArgumentTypeError(f"{text!r} is not a positive whole number")
    return number
