"""How `runworker` is supervised, watched and replaced: its arguments, and the run."""

import os
from argparse import ArgumentParser, ArgumentTypeError
from math import inf
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError
from django.utils.autoreload import get_child_arguments

from eventstreaming.management.durations import duration
from eventstreaming.processing.duties import Duty
from eventstreaming.processing.endings import Ending
from eventstreaming.processing.health import Health
from eventstreaming.processing.health_server import HealthServer
from eventstreaming.processing.heartbeats import Heartbeats
from eventstreaming.processing.limits import Limits
from eventstreaming.processing.reloading import CodeWatch
from eventstreaming.processing.running import run_alone, run_child, run_supervised
from eventstreaming.processing.supervised import ChildsEnd
from eventstreaming.processing.supervisor import Supervisor
from eventstreaming.processing.worker import Worker


def add_supervision_arguments(parser: ArgumentParser) -> None:
    """Add what says how many processes there are, and how they end."""
    parser.add_argument(
        "--processes",
        type=positive,
        metavar="N",
        help=(
            "Supervise so many processes, each with its threads. One that dies is "
            "replaced, and what it held is delivered again at once (default: work "
            "in this process, supervised by nobody)."
        ),
    )
    parser.add_argument(
        "--grace",
        type=_seconds,
        default=25.0,
        metavar="SECONDS",
        help=(
            "How long handlers may go on after SIGTERM; then they are cut off and "
            "their messages delivered again at once (default: 25)."
        ),
    )
    replacing = parser.add_argument_group(
        "replacing processes", "They imply --processes 1. The new one starts first."
    )
    replacing.add_argument(
        "--max-messages",
        type=positive,
        metavar="N",
        help="Replace a process that has handled so many messages and events.",
    )
    replacing.add_argument(
        "--max-age",
        type=duration,
        metavar="DURATION",
        help="Replace a process that is so old: 90s, 15m, 12h or 7d.",
    )
    replacing.add_argument(
        "--max-memory",
        type=positive,
        metavar="MIB",
        help="Replace a process that uses so much memory (Linux).",
    )
    replacing.add_argument(
        "--reload",
        action="store_true",
        help="Replace a process whose code has changed, for development.",
    )
    health = parser.add_argument_group("health, for systemd and orchestrators")
    health.add_argument(
        "--health-file",
        type=Path,
        metavar="PATH",
        help="Touch this file once a second, as long as the control loops turn.",
    )
    health.add_argument(
        "--http-port",
        type=_port,
        metavar="PORT",
        help="Answer /live and /ready over HTTP.",
    )
    health.add_argument(
        "--http-host",
        default="127.0.0.1",
        metavar="HOST",
        help="Where to answer (default: 127.0.0.1; 0.0.0.0 in a container).",
    )


def run_as_asked(
    worker: Worker, options: dict[str, Any], *, from_command_line: bool
) -> Ending:
    """Run the worker alone, or for a supervisor, or have it supervised."""
    grace: float = options["grace"]
    line = ChildsEnd.from_environment()
    if line is not None:
        watch = CodeWatch(since=line.began_at)
        if options["reload"]:
            watch.start()
        return run_child(worker, line, grace=grace, changes=lambda: watch.changes)
    limits = _limits(options)
    is_supervised = bool(options["processes"] or limits or options["reload"])
    if is_supervised and not (from_command_line and os.name == "posix"):
        raise CommandError(
            "Several processes need a command line of their own, on a POSIX "
            "system: manage.py runworker --processes 2"
        )
    duties = _duties(worker, options, is_supervised=is_supervised)
    if not is_supervised:
        return run_alone(worker, grace=grace, duties=duties)
    supervisor = Supervisor(
        get_child_arguments(),
        processes=options["processes"] or 1,
        grace=grace,
        batch=options["batch"],
        limits=limits,
        duties=duties,
    )
    return run_supervised(supervisor)


def positive(text: str) -> int:
    """Read a positive whole number; a type for argparse."""
    try:
        number = int(text)
    except ValueError:
        number = 0
    if number < 1:
        raise ArgumentTypeError(f"{text[:80]!r} is not a positive whole number")
    return number


def _seconds(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 <= number < inf:
        raise ArgumentTypeError(f"{text[:80]!r} is no number of seconds")
    return number


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text[:6]) > 65_535:
        raise ArgumentTypeError(f"{text[:80]!r} is no port")
    return int(text)


def _limits(options: dict[str, Any]) -> Limits:
    age, memory = options["max_age"], options["max_memory"]
    return Limits(
        messages=options["max_messages"] or inf,
        age=inf if age is None else age.total_seconds(),
        memory=inf if memory is None else memory * 2**20,
    )


def _duties(
    worker: Worker, options: dict[str, Any], *, is_supervised: bool
) -> list[Duty]:
    health = Health(worker.databases, file=options["health_file"])
    pid = os.getpid() if is_supervised else None
    duties: list[Duty] = [health, Heartbeats(worker.databases, supervisor_pid=pid)]
    if options["http_port"] is not None:
        duties.append(HealthServer(health, options["http_host"], options["http_port"]))
    return duties
