"""The recording store writes every operation down, as it happened."""

import time
from contextlib import suppress
from pathlib import Path

import pytest

from eventstreaming.exceptions import LeaseLost, WrongExpectedVersion
from eventstreaming.types import EventData, Message
from tests.history.checker import check
from tests.history.final import FinalState
from tests.history.operations import History, Operation
from tests.history.planting import server_session
from tests.history.stores import RecordingStore

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def store(tmp_path: Path) -> RecordingStore:
    return RecordingStore("default", history=str(tmp_path), process="p")


def recorded(store: RecordingStore, folder: Path) -> History:
    """Return the history, which must be a good one."""
    store.recorder.close()
    with server_session() as session:
        FinalState.read(session).save(folder)
    history = History.load(folder)
    verdict = check(history, floors={})
    assert verdict.passed, str(verdict)
    return history


def only(history: History, name: str) -> Operation:
    (operation,) = history.named(name)
    return operation


def made(*items: str) -> list[EventData]:
    return [EventData("Made", {"item": item}) for item in items]


def dequeue(store: RecordingStore, timeout: float = 30) -> Message:
    message = store.dequeue("q", timeout)
    assert message is not None
    return message


def test_every_operation_on_a_queue(store: RecordingStore, tmp_path: Path) -> None:
    store.enqueue("q", {"item": "a"}, headers={"trace": "1"})
    store.enqueue_many("q", made("b", "c", "d", "e", "f", "g"))
    dequeue(store).acknowledge()
    message = dequeue(store)
    message.extend(60)
    store.extend_many([message], 60)
    with message.atomic():
        pass
    store.acknowledge_many("q", store.dequeue_many("q", 1, 30))
    store.release(store.dequeue_many("q", 1, 30))
    dequeue(store).nack(delay=0)
    dequeue(store).nack(dead_letter=True)
    store.redrive("q")
    assert store.pop("q") is not None
    assert store.acknowledge("q", "999999999") is False
    store.purge("q")

    history = recorded(store, tmp_path)
    assert set(history.by_name) == {
        *("enqueue", "dequeue", "acknowledge", "extend", "block", "release"),
        *("nack", "redrive", "pop", "purge"),
    }
    assert {operation.outcome for operation in history.operations} == {"ok"}
    assert only(history, "redrive").result == {"count": 1}
    in_block = [o for o in history.operations if o.block is not None]
    assert [o.name for o in in_block] == ["acknowledge"]


def test_poisonous_and_expired_messages(store: RecordingStore, tmp_path: Path) -> None:
    store.enqueue("q", {"item": "a"}, expires_in=0.01)
    time.sleep(0.02)
    assert store.dequeue("q", 30) is None
    store.enqueue("q", {"item": "b"})
    for _ in range(20):
        dequeue(store, 0.01)
        time.sleep(0.02)
    assert store.dequeue("q", 30) is None
    history = recorded(store, tmp_path)
    assert len(history.named("acknowledge")) == 1
    assert only(history, "bury").outcome == "ok"


def test_refused_answer_has_its_reason(store: RecordingStore, tmp_path: Path) -> None:
    store.enqueue("q", {"item": "a"})
    message = dequeue(store)
    message.nack(delay=0)
    with pytest.raises(LeaseLost):
        message.acknowledge()
    history = recorded(store, tmp_path)
    assert only(history, "acknowledge").result == {
        "error": "LeaseLost",
        "reason": "released",
    }


def test_every_operation_on_streams(store: RecordingStore, tmp_path: Path) -> None:
    stored = store.append("s-1", made("a", "b", "c"), expected_version=-1)
    with suppress(WrongExpectedVersion):
        store.append("s-1", made("x"), expected_version=0)
    assert list(store.read_stream("s-1", 1, limit=1)) == stored[1:2]
    assert list(store.read_stream("s-1", backwards=True)) == stored[::-1]
    assert list(store.read_category("s", event_types=["Made"])) == stored
    assert list(store.read_all()) == stored
    history = recorded(store, tmp_path)
    done, refused = history.named("append")
    assert [place[0] for place in done.result["places"]] == [0, 1, 2]
    assert (refused.outcome, refused.result["actual"]) == ("fail", 2)
    assert [read.arguments["source"] for read in history.named("read")] == [
        *("s-1", "s-1", "s-*", "*"),
    ]


def test_rolled_back_writes_have_failed(store: RecordingStore, tmp_path: Path) -> None:
    with suppress(KeyError), store.atomic(writes="a"):
        store.append("s", made("a"))
        store.enqueue("q", {"item": "a"})
        raise KeyError
    history = recorded(store, tmp_path)
    for name in ("block", "append", "enqueue"):
        assert history.fate(only(history, name)).outcome == "fail"
    assert only(history, "append").outcome == "ok"
