"""A process that was stopped past its leases answers in vain."""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from eventstreaming import acknowledge_many, dequeue_many, enqueue_many
from eventstreaming.types import Message
from tests.queue_proofs.consumer import QUEUE
from tests.queue_proofs.processes import FULL, consumers, wait_while

pytestmark = pytest.mark.django_db(transaction=True)

PROCESSES, MESSAGES = (10, 100) if FULL else (2, 30)


def test_no_late_acknowledge_nack_or_extend_is_accepted(
    tmp_path: Path, say: Callable[[str], None]
) -> None:
    with consumers("late", tmp_path) as some:
        taken: list[Message] = []
        for turn in range(PROCESSES):
            enqueue_many(QUEUE, [{"number": number} for number in range(MESSAGES)])
            (process,) = some.start()
            _, status = os.waitpid(process.pid, os.WUNTRACED)
            assert os.WIFSTOPPED(status)
            assert some.notes()[-1] == {"leased": MESSAGES}
            time.sleep(0.35)
            mine = take(MESSAGES)
            process.send_signal(signal.SIGCONT)
            assert process.wait(30) == 0
            taken += mine
            assert acknowledge_many(QUEUE, mine) == [], f"in turn {turn}"
        answers = [note for note in some.notes() if "leased" not in note]

    say(f"{len(answers):,} late answers, {len(taken):,} leases kept")
    assert len(answers) == PROCESSES * MESSAGES
    assert [answer for answer in answers if answer != {"refused": "taken"}] == []


def take(count: int) -> list[Message]:
    taken: list[Message] = []

    def some_are_missing() -> bool:
        taken.extend(dequeue_many(QUEUE, count, 60))
        return len(taken) < count

    wait_while(some_are_missing, 10.0, "leases have not ended")
    return taken
