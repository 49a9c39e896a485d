"""Groups keep their order under kills and nacks, and none stalls."""

import time
from collections import defaultdict
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

from eventstreaming import enqueue_many, queue_info
from eventstreaming.models import Message
from tests.queue_proofs.consumer import QUEUE
from tests.queue_proofs.processes import FULL, consumers, wait_while

pytestmark = pytest.mark.django_db(transaction=True)

GROUPS, LARGEST, SIZE = (5_000, 10_000, 18) if FULL else (60, 150, 6)
CONSUMERS, KILLS, SECONDS = (8, 30, 3_000.0) if FULL else (3, 2, 60.0)


def test_order_in_each_group_is_exact_and_none_stalls(
    tmp_path: Path, say: Callable[[str], None]
) -> None:
    numbers = {f"group-{n}": SIZE for n in range(GROUPS - 1)} | {"largest": LARGEST}
    for group, count in numbers.items():
        messages = [{"number": number} for number in range(count)]
        enqueue_many(QUEUE, messages, group_key=group)

    began = time.monotonic()
    with consumers("groups", tmp_path) as some:
        some.start(CONSUMERS)
        total = sum(numbers.values())
        for kill in range(KILLS):
            left = total * (KILLS - kill) // (KILLS + 1)
            wait_while(lambda left=left: remaining() > left, SECONDS, "nothing moves")
            some.kill_one()
        wait_while(lambda: remaining() > 0, SECONDS, "messages are left")
        kills, notes = some.kills, some.notes()
    seconds = time.monotonic() - began

    assert queue_info(QUEUE, exact=True).dead == 0
    delivered: dict[str, list[tuple[float, int]]] = defaultdict(list)
    for note in notes:
        delivered[note["group"]].append((note["at"], note["number"]))
    assert delivered.keys() == numbers.keys()
    repeated = 0
    for group, deliveries in delivered.items():
        order = [number for _, number in sorted(deliveries)]
        steps = [after - before for before, after in pairwise(order)]
        assert (order[0], order[-1]) == (0, numbers[group] - 1), group
        assert set(steps) <= {0, 1}, f"{group} was delivered out of order"
        repeated += steps.count(0)
    small_done = max(
        at for group, all_ in delivered.items() if group != "largest" for at, _ in all_
    )
    say(
        f"{total:,} messages of {GROUPS:,} groups in {seconds:.0f} s, {kills} kills, "
        f"{repeated:,} delivered again; the small groups were done after "
        f"{small_done - began:.0f} s"
    )
    assert kills == KILLS
    assert repeated > 0


def remaining() -> int:
    return Message.objects.filter(queue=QUEUE).count()
