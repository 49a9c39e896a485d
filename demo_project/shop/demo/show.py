"""The whole demo, with a database at hand."""

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack
from subprocess import DEVNULL

from django.conf import settings
from django.db import IntegrityError
from tqdm import tqdm

from demo_project.shop.demo import DemoFailed, interrupts
from demo_project.shop.demo.databases import LOGIN, prepare_database
from demo_project.shop.demo.order_files import OrderLine
from demo_project.shop.demo.processing import (
    check_worker,
    until_processed,
    waiting_messages,
)
from demo_project.shop.demo.programs import Program, running
from demo_project.shop.demo.replay import Replayed, replay
from demo_project.shop.demo.serving import HOST, serve_until_interrupted
from demo_project.shop.demo.summary import Summary

Say = Callable[[str], None]

# Thousands of mails are kept off the terminal, and so is routine; both can be
# set in the environment.
WORKER_SETTINGS = {
    "EMAIL_BACKEND": "django.core.mail.backends.locmem.EmailBackend",
    "LOG_LEVEL": "WARNING",
}


def show(
    orders: Sequence[OrderLine], say: Say, *, threads: int, port: int | None
) -> None:
    """
    Replay the orders, process them, say what came of it, and serve the admin.

    Without a port nothing is served. Raise DemoFailed when something is not as
    it must be.
    """
    prepare_database()
    interrupts.check()
    url = f"http://{HOST}:{port}/admin/"
    login = f" (log in as {LOGIN}, password {LOGIN})" if settings.DEBUG else ""
    with ExitStack() as programs:
        worker = programs.enter_context(
            _run_worker("--threads", str(threads), "--exclude", "billing")
        )
        if port is not None:
            server = programs.enter_context(_run_server(port))
            say(f"The admin: {url}{login}")
        # A late reader: four partitions that catch up wake seldom, and work in batches.
        billing = _run_worker("billing")
        _process(orders, worker, lambda: programs.enter_context(billing), say)
        summary = Summary.of(orders)
        say("\n" + "\n".join(summary.lines()))
        if problems := summary.problems():
            raise DemoFailed("Something is wrong: " + "; ".join(problems))
        if port is not None:
            say(f"\nServing {url} until Ctrl+C{login}")
            serve_until_interrupted(server, worker)


def _run_worker(*arguments: str) -> AbstractContextManager[Program]:
    return running(
        "runworker",
        *arguments,
        environment={
            name: os.environ.get(name, value) for name, value in WORKER_SETTINGS.items()
        },
    )


def _run_server(port: int) -> AbstractContextManager[Program]:
    return running("runserver", "--noreload", f"{HOST}:{port}", stdout=DEVNULL)


def _process(
    orders: Sequence[OrderLine],
    worker: Program,
    begin_billing: Callable[[], object],
    say: Say,
) -> None:
    """Place the orders, wait for the workers, and say how fast all were."""
    waiting = waiting_messages()
    say(f"Placing {len(orders):,} orders, each in one transaction")
    began = time.monotonic()
    replayed = _replay(orders, worker)
    placed = time.monotonic() - began
    begin_billing()
    say("Waiting until all is processed")
    _wait(worker)
    processed = time.monotonic() - began
    messages = waiting + replayed.messages
    if replayed.transactions:
        say(
            f"{replayed.transactions:,} transactions with {replayed.events:,} events and "
            f"{replayed.messages:,} messages: {placed:.1f} s, "
            f"{replayed.transactions / placed:,.0f} transactions/s"
        )
    else:
        say("Nothing is new: these orders were placed before")
    if messages:
        say(
            f"{messages:,} messages handled after {processed:.1f} s, "
            f"{messages / processed:,.0f} messages/s"
        )


def _replay(orders: Sequence[OrderLine], worker: Program) -> Replayed:
    try:
        return replay(_watched(orders, worker))
    except IntegrityError as error:
        raise DemoFailed(
            "Somebody else places the same orders at this moment; none is doubled."
        ) from error


def _watched(orders: Sequence[OrderLine], worker: Program) -> Iterator[OrderLine]:
    """Iterate with a progress bar, on a terminal, as long as all goes well."""
    for number, order in enumerate(tqdm(orders, unit=" orders", disable=None)):
        interrupts.check()
        if number % 100 == 0:
            check_worker(worker)
        yield order


def _wait(worker: Program) -> None:
    with tqdm(unit="", disable=None) as progress:
        for remaining in until_processed(worker):
            progress.total = progress.total or remaining
            progress.update(progress.total - remaining - progress.n)
        progress.update((progress.total or 0) - progress.n)
