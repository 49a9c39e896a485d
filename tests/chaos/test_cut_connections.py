"""Connections that end at the worst moment, while the server is well."""

import os
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import pytest
from django.db import OperationalError, connection

from eventstreaming import append, create_stream, read_all
from eventstreaming.backends.postgresql.appending import COPY_FROM
from eventstreaming.processing.registry import EventSubscription, Handlers
from eventstreaming.processing.retry import RetryPolicy
from eventstreaming.processing.sources import Source
from eventstreaming.processing.worker import Worker
from eventstreaming.types import EventData, StoredEvent
from tests.chaos.proxy import WITH_REPLY, WITH_REQUEST, CuttingProxy, cutting_proxy
from tests.history.checker import check
from tests.history.final import FinalState
from tests.history.operations import History
from tests.history.planting import server_session
from tests.history.stores import RecordingStore
from tests.workerapp.models import Effect

pytestmark = pytest.mark.django_db(transaction=True)

CUTS = 100
IDEMPOTENT_CUTS = int(os.environ.get("CUTS_OF_PROOF", "50"))


@pytest.fixture
def proxy(transactional_db: None) -> Iterator[CuttingProxy]:
    """Run a proxy, and put it between Django and the test database."""
    server = connection.get_connection_params()
    host, port = server.get("host") or "localhost", int(server.get("port") or 5432)
    on_disk = host.startswith("/")
    options = {"sslmode": "disable", "gssencmode": "disable"}
    with cutting_proxy(f"{host}/.s.PGSQL.{port}" if on_disk else (host, port)) as proxy:
        connection.close()
        with mock.patch.dict(
            connection.settings_dict,
            HOST="127.0.0.1",
            PORT=str(proxy.port),
            OPTIONS={
                **connection.settings_dict["OPTIONS"],
                "host": "127.0.0.1",
                **options,
            },
        ):
            yield proxy
            connection.close()


def test_append_whose_commit_is_cut_off_is_whole_or_absent(
    proxy: CuttingProxy, tmp_path: Path
) -> None:
    store = RecordingStore("default", history=str(tmp_path), process="p")
    for number in range(CUTS):
        events = [
            EventData("Made", {"item": f"{number}.{part}"})
            for part in range(1 + number % 3)
        ]
        with pytest.raises(OperationalError), store.atomic():
            store.append(f"s-{number % 5}", events)
            store.enqueue("q", {"item": str(number)})
            proxy.cut = WITH_REPLY if number % 2 else WITH_REQUEST
        connection.close()
    store.recorder.close()

    with server_session() as session:
        FinalState.read(session).save(tmp_path)
    history = History.load(tmp_path)
    verdict = check(history, floors={"append info": CUTS, "enqueue info": CUTS})
    assert verdict.passed, str(verdict)
    assert {event.item.partition(".")[0] for event in history.final.events} == {
        str(number) for number in range(1, CUTS, 2)
    }
    assert len(history.final.messages) == CUTS // 2


def test_repeated_append_whose_commit_was_cut_off_is_written_once(
    proxy: CuttingProxy,
) -> None:
    streams = ["serial-1", "serial-2", "concurrent"]
    for name in streams:
        create_stream(name, concurrent=name == "concurrent")
    results = {}
    for number in range(IDEMPOTENT_CUTS):
        name, key = streams[number % 3], f"request {number}"
        events = [EventData("Made", {"item": number})] * (1, 2, COPY_FROM)[
            number % 7 % 3
        ]
        proxy.cut = WITH_REPLY if number % 2 else WITH_REQUEST
        with pytest.raises(OperationalError):
            append(name, events, idempotency_key=key)
        connection.close()
        results[key] = append(name, events, idempotency_key=key)
        assert append(name, events, idempotency_key=key) == results[key]

    written = list(read_all())
    answered = [event for events in results.values() for event in events]
    assert written == sorted(answered, key=lambda event: event.position)
    items = [event.data["item"] for event in written]
    assert items == sorted(items)
    assert set(items) == set(range(IDEMPOTENT_CUTS))


def test_worker_survives_a_connection_that_ends_in_a_batch(
    proxy: CuttingProxy,
) -> None:
    """The server is there, so Django has a new connection when it leaves atomic()."""
    cuts: list[int] = []

    def leave(event: StoredEvent) -> None:
        Effect.objects.create(kind="cut", number=event.position)
        if event.offset % 10 == 5 and event.position not in cuts:
            cuts.append(event.position)
            proxy.cut_now()

    registry = Handlers()
    registry.add_subscription(
        EventSubscription(
            name="cut",
            source_text="s",
            source=Source.parse("s"),
            function=leave,
            retry=RetryPolicy(),
            event_types=None,
            on_failure="stop",
            batch_size=100,
            store="default",
        )
    )
    stored = append("s", [EventData("Made", {"item": str(n)}) for n in range(30)])
    connection.close()
    assert Worker(batch=True, registry=registry).run()
    assert len(cuts) == 3
    numbers = list(Effect.objects.order_by("pk").values_list("number", flat=True))
    assert numbers == [event.position for event in stored]
