"""Groups keep their order under kills and nacks, and none stalls."""

import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import pytest

from eventstreaming import enqueue_many, queue_info
from eventstreaming.models import Message
from tests.queue_proofs.consumer import QUEUE
from tests.queue_proofs.processes import FULL, SIZE_FACTOR, consumers, wait_while

pytestmark = pytest.mark.django_db(transaction=True)

GROUPS, LARGEST, SIZE = (
    (int(5_000 * SIZE_FACTOR), int(10_000 * SIZE_FACTOR), 18) if FULL else (60, 150, 6)
)
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
    refused = {note["receipt"] for note in notes if "refused" in note}
    # By the moment when the answer began that removed a message. A refused one was
    # that of a former holder, who may be as late as he likes; of one that was killed
    # in its answer nobody knows, so the first of two counts.
    removed: dict[str, dict[int, list[float]]] = defaultdict(lambda: defaultdict(list))
    given_back = 0
    for note in notes:
        if "begun" not in note or note["receipt"] in refused:
            continue
        if note["begun"] == "acknowledge":
            removed[note["group"]][note["number"]].append(note["at"])
        else:
            given_back += 1
    assert removed.keys() == numbers.keys()
    doubtful = 0
    for group, times in removed.items():
        assert sorted(times) == list(range(numbers[group])), group
        doubtful += sum(len(found) - 1 for found in times.values())
        order = [min(times[number]) for number in range(numbers[group])]
        assert order == sorted(order), f"{group} was not worked in order"
    assert doubtful <= kills, "a message was acknowledged twice"
    ends = {group: max(map(max, times.values())) for group, times in removed.items()}
    ends.pop("largest")
    say(
        f"{total:,} messages of {GROUPS:,} groups in {seconds:.0f} s, {kills} kills, "
        f"{given_back:,} nacks, {len(refused):,} late answers refused; the small "
        f"groups were done after {max(ends.values()) - began:.0f} s"
    )
    assert kills == KILLS
    assert given_back > 0


def remaining() -> int:
    return Message.objects.filter(queue=QUEUE).count()
