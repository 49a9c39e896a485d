import os
import subprocess
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError
from django.utils.autoreload import get_child_arguments

from eventstreaming.backends import DEFAULT_ALIAS
from eventstreaming.exceptions import EventStreamingError
from eventstreaming.management.answers import answer_to
from eventstreaming.management.documented import DocumentedCommand
from eventstreaming.management.progress import ProgressLine
from eventstreaming.management.supervision import positive
from eventstreaming.operations.rebuild_progress import RebuildProgress
from eventstreaming.operations.rebuilding import (
    abandon_rebuild,
    join_rebuild,
    rebuild_projection,
)
from eventstreaming.processing.projections.declared import declared_projection


class Command(DocumentedCommand):
    help = (
        "Make the read model of a projection anew from the events: in place, which "
        "empties it first, or beside the one that is served, which readers see until "
        "the new one is complete. Side effects are off meanwhile."
    )
    epilog = (
        "examples:\n"
        "  manage.py rebuildprojection customer-spending --beside\n"
        "  manage.py rebuildprojection customer-spending --beside --processes 3\n"
        "  manage.py rebuildprojection customer-spending --beside --resume\n"
        "  manage.py rebuildprojection customer-spending --abandon\n"
        "  manage.py rebuildprojection customer-spending --yes       in place\n"
        "\n"
        "A rebuild in place that is interrupted is finished by the workers. Beside, it\n"
        "begins anew unless you --resume it; what is served is untouched."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", metavar="NAME", help="The projection.")
        parser.add_argument(
            "--beside",
            action="store_true",
            help="Build a second one, then exchange them in one transaction.",
        )
        parser.add_argument(
            "--processes",
            type=positive,
            default=1,
            metavar="N",
            help="With --beside: so many processes, each at another partition.",
        )
        parser.add_argument(
            "--resume", action="store_true", help="Go on with one that was interrupted."
        )
        other = parser.add_mutually_exclusive_group()
        other.add_argument(
            "--join",
            action="store_true",
            help="Help with one that another process builds beside, until it ends.",
        )
        other.add_argument(
            "--abandon",
            action="store_true",
            help="Remove what an interrupted one has built beside.",
        )
        parser.add_argument(
            "--despite-truncation",
            action="store_true",
            help="Make a model from the events that are still kept.",
        )
        parser.add_argument("--yes", action="store_true", help="Do not ask.")
        parser.add_argument(
            "--store",
            default=DEFAULT_ALIAS,
            help='An alias of EVENT_STORES (default: "default").',
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            if options["join"]:
                _join(options)
            elif options["abandon"]:
                found = abandon_rebuild(options["name"], store=options["store"])
                self.stdout.write("It is removed." if found else "There is nothing.")
            else:
                self._rebuild(options)
        except EventStreamingError as error:
            raise CommandError(str(error)) from error

    def _rebuild(self, options: dict[str, Any]) -> None:
        name, beside = options["name"], options["beside"]
        if not beside and not options["yes"] and not self._is_meant(options):
            raise CommandError("Nothing was done.")
        line = ProgressLine(self.stderr, shown=options["verbosity"] > 0)
        joining: list[subprocess.Popen[bytes]] = []
        count = options["processes"] - 1 if beside else 0
        try:
            done = rebuild_projection(
                name,
                beside=beside,
                resume=options["resume"],
                despite_truncation=options["despite_truncation"],
                begun=lambda: joining.extend(_joining() for _ in range(count)),
                progress=lambda progress: line.show(_described(progress)),
                store=options["store"],
            )
        finally:
            line.clear()
            for process in joining:
                process.terminate()
                process.wait()
        self.stdout.write(
            f"{name} is rebuilt: {done.events:,} events in {done.seconds:.1f} s."
        )
        if done.parked_keys:
            self.stdout.write(
                f"{done.parked_keys:,} keys are parked: see parkedevents."
            )

    def _is_meant(self, options: dict[str, Any]) -> bool:
        name = declared_projection(options["name"], options["store"]).name
        self.stdout.write(
            f"The read model of {name} is emptied first; --beside would keep it until "
            "the new one is complete."
        )
        return answer_to("Empty it? Type its name: ") == name


def _join(options: dict[str, Any]) -> None:
    parent = os.getppid()
    join_rebuild(
        options["name"],
        goes_on=lambda: os.getppid() == parent,  # who began it is still there
        store=options["store"],
    )


def _joining() -> subprocess.Popen[bytes]:
    """Run this command once more, as one that joins."""
    return subprocess.Popen([*get_child_arguments(), "--join"])  # noqa: S603 (our own)


def _described(progress: RebuildProgress) -> str:
    text = (
        f"{progress.events:,} events, {progress.rate:,.0f}/s, {progress.fraction:.0%}"
    )
    if progress.remaining is None:
        return text
    minutes, seconds = divmod(round(progress.remaining), 60)
    return f"{text}, {minutes}:{seconds:02} left"
