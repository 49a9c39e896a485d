import logging
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from eventstreaming.exceptions import EventStreamingError
from eventstreaming.management.documented import DocumentedCommand
from eventstreaming.management.supervision import (
    add_supervision_arguments,
    positive,
    run_as_asked,
)
from eventstreaming.processing.endings import Ending
from eventstreaming.processing.worker import ASYNC_CONCURRENCY, Worker

LEVELS = {0: logging.ERROR, 1: logging.INFO, 2: logging.DEBUG, 3: logging.DEBUG}


_ENDINGS = {
    Ending.FAILED: "The worker ended with an error; see the log.",
    Ending.CUT_OFF: "Handlers were cut off: the grace was over; see the log.",
    Ending.REPLACE: "The worker is to be started again; see the log.",
}


class Command(DocumentedCommand):
    help = (
        "Run the queue handlers and subscriptions that the installed apps declare in\n"
        "subscriptions.py (django-eventstreaming)."
    )
    epilog = (
        "examples:\n"
        "  manage.py runworker                     everything, with 4 threads\n"
        "  manage.py runworker email-queue         one queue\n"
        "  manage.py runworker 'mails-*' billing   by the beginning of their names\n"
        "  manage.py runworker critical:6 default:3\n"
        "                                          by weight: of two backlogs, critical\n"
        "                                          gets twice as many messages handled\n"
        "                                          as default; none waits for ever\n"
        "  manage.py runworker --strict critical default\n"
        "                                          default only when critical is empty\n"
        "  manage.py runworker --batch             do what there is to do, then exit\n"
        "  manage.py runworker --processes 4 --max-age 12h\n"
        "\n"
        "SIGTERM and SIGINT let running handlers finish, for --grace seconds at most,\n"
        "and give back the rest; a second one stops at once. SIGHUP replaces all\n"
        "supervised processes one after another, with the code as it is then. SIGUSR1\n"
        "writes what all threads do to standard error.\n"
        "\n"
        "Exit codes: 0 all is finished; 1 an error, or stopped at once; 2 the arguments\n"
        "are wrong; 3 the grace was over while handlers ran; 4 it is to be started\n"
        "again, and says why in its log."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "names",
            nargs="*",
            metavar="NAME",
            help="A queue or subscription to run, 'mails-*' for all that begin like that; "
            "all of them when none is named. A queue's name may have a weight, as in "
            "critical:6 (default: 1).",
        )
        parser.add_argument(
            "--exclude",
            action="append",
            default=[],
            metavar="NAME",
            help="A queue or subscription not to run; may be repeated.",
        )
        parser.add_argument(
            "--strict",
            action="store_true",
            help="Take messages in the order of the named queues: of the second one "
            "only what the first one leaves room for.",
        )
        parser.add_argument(
            "--threads",
            type=positive,
            default=4,
            help="How many messages are handled at the same time (default: 4).",
        )
        parser.add_argument(
            "--async-concurrency",
            type=positive,
            default=ASYNC_CONCURRENCY,
            help="How many messages async handlers handle at the same time, on one "
            f"event loop (default: {ASYNC_CONCURRENCY}).",
        )
        parser.add_argument(
            "--batch",
            action="store_true",
            help="Exit when there is nothing left to do.",
        )
        add_supervision_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        self._show_log(options["verbosity"])
        try:
            worker = Worker(
                options["names"],
                threads=options["threads"],
                async_concurrency=options["async_concurrency"],
                exclude=options["exclude"],
                strict=options["strict"],
                batch=options["batch"],
            )
            ending = run_as_asked(
                worker,
                options,
                from_command_line=getattr(self, "_called_from_command_line", False),
            )
        except EventStreamingError as error:
            raise CommandError(str(error)) from error
        if ending is not Ending.DONE:
            raise CommandError(_ENDINGS[ending], returncode=ending)

    def _show_log(self, verbosity: int) -> None:
        """Show the worker's log where the project has configured none; -v 2 shows all."""
        if verbosity > 1:
            logging.getLogger("eventstreaming.worker").setLevel(logging.DEBUG)
        package = logging.getLogger("eventstreaming")
        if not package.hasHandlers():
            handler = logging.StreamHandler(self.stderr)
            handler.setFormatter(
                logging.Formatter("%(asctime)s %(levelname)s %(message)s")
            )
            package.addHandler(handler)
            package.setLevel(LEVELS[verbosity])
