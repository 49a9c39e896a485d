"""What handlers write in message.atomic() is there exactly once, whoever is killed."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from eventstreaming import enqueue_many
from eventstreaming.models import Message
from tests.queue_proofs.consumer import QUEUE
from tests.queue_proofs.processes import FULL, consumers, wait_while
from tests.workerapp.models import Effect

pytestmark = pytest.mark.django_db(transaction=True)

MESSAGES, CONSUMERS, KILLS = (20_000, 4, 30) if FULL else (300, 2, 2)
SECONDS = 1_000.0 if FULL else 60.0


def test_every_effect_is_there_exactly_once(
    tmp_path: Path, say: Callable[[str], None]
) -> None:
    for start in range(0, MESSAGES, 1_000):
        numbers = range(start, min(start + 1_000, MESSAGES))
        enqueue_many(QUEUE, [{"number": number} for number in numbers])
    with consumers("effects", tmp_path) as some:
        some.start(CONSUMERS)
        for kill in range(KILLS):
            done = MESSAGES * (kill + 1) // (KILLS + 1)
            wait_while(lambda done=done: effects() < done, SECONDS, "nothing moves")
            some.kill_one()
        wait_while(Message.objects.exists, SECONDS, "messages are left")
        kills = some.kills
    numbers = Effect.objects.values_list("number", flat=True)
    assert Counter(numbers) == Counter(range(MESSAGES))
    say(f"{MESSAGES:,} effects, each once, {kills} kills")
    assert kills == KILLS


def effects() -> int:
    return Effect.objects.count()
