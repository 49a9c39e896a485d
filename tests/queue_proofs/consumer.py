"""A consumer in a process of its own: `python -m tests.queue_proofs.consumer`."""

import json
import os
import random
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import django
from django.apps import apps
from django.core.management import call_command

from eventstreaming import dequeue_many
from eventstreaming.exceptions import LeaseLost

QUEUE = "proof"


def main() -> None:
    kind, seed, path = sys.argv[1:4]
    django.setup()
    random.seed(int(seed))
    log = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def note(**line: Any) -> None:
        """Write one line at once, so that it is there when the process is killed."""
        os.write(log, f"{json.dumps(line)}\n".encode())

    KINDS[kind](note)


def consume_groups(note: Callable[..., None]) -> None:
    """Acknowledge most messages and give some back, until killed."""
    while True:
        messages = dequeue_many(QUEUE, 20, 2)
        for message in messages:
            line = {"receipt": message.receipt, "group": message.group_key}
            line |= {"number": message.data["number"]}
            try:
                if random.random() < 0.03:
                    note(**line, begun="nack", at=time.monotonic())
                    message.nack(delay=random.choice([0, 0.05]))
                else:
                    note(**line, begun="acknowledge", at=time.monotonic())
                    message.acknowledge()
            except LeaseLost:
                note(**line, refused=True)
        if not messages:
            time.sleep(0.01)


def answer_late(note: Callable[..., None]) -> None:
    """Lease all, stop as SIGSTOP does, and answer when somebody lets it go on."""
    messages = dequeue_many(QUEUE, 10_000, 0.3)
    note(leased=len(messages))
    os.kill(os.getpid(), signal.SIGSTOP)
    for turn, message in enumerate(messages):
        answer = (
            message.acknowledge,
            lambda message=message: message.nack(delay=0),
            lambda message=message: message.extend(60),
        )[turn % 3]
        try:
            answer()
        except LeaseLost as lost:
            note(refused=lost.reason)
        else:
            note(accepted=turn % 3)


def leave_effects(note: Callable[..., None]) -> None:
    """Write one row for each message in message.atomic(), until killed."""
    effects = apps.get_model("workerapp", "Effect").objects
    note(started=os.getpid())
    while True:
        messages = dequeue_many(QUEUE, 50, 1)
        for message in messages:
            with suppress(LeaseLost), message.atomic():
                effects.create(kind="proof", number=message.data["number"])
        if not messages:
            time.sleep(0.01)


def take_turns_of_sagas(note: Callable[..., None]) -> None:
    """Run sagas as a project does, until killed."""
    call_command("runworker", "saga:proof", threads=4)


KINDS = {
    "groups": consume_groups,
    "late": answer_late,
    "effects": leave_effects,
    "sagas": take_turns_of_sagas,
}

if __name__ == "__main__":
    main()
