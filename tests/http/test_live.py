"""Events as they come, over real sockets."""

import asyncio
import json
import os
import random
import threading
import time
from collections.abc import Iterator
from contextlib import aclosing
from unittest import mock

import pytest
from django.contrib.auth.models import Permission, User
from django.db import OperationalError, connections
from django.test import Client
from pytest_django import Settings

from eventstreaming import EventData, append, correlation_scope, truncate_stream
from eventstreaming.http.live import streaming
from eventstreaming.http.live.frames import StoredEventFrame
from eventstreaming.http.live.hubs import Listener, hubs
from eventstreaming.http.live.sources import PositionSource
from tests.http.conftest import ADDRESS, Api, Caller
from tests.http.event_source import EventSource, Parser, ServerEvent
from tests.http.live_server import asgi_server

pytestmark = pytest.mark.django_db(transaction=True)

CLIENTS = int(os.environ.get("LIVE_CLIENTS", "40"))  # `make live` has 200
SECONDS = float(os.environ.get("LIVE_SECONDS", "1.5"))
EVENTS = round(SECONDS * 100)


@pytest.fixture
def port(transactional_db: None) -> Iterator[int]:
    with asgi_server() as port:
        yield port


@pytest.fixture
def token(program: Caller) -> str:
    return program("view_stream", "view_payload").headers["authorization"]


def place_of(event: ServerEvent) -> int:
    return int(event.last_event_id)


async def take(source: EventSource, count: int) -> list[ServerEvent]:
    found: list[ServerEvent] = []
    async with aclosing(source.connect()) as events:  # type: ignore[type-var]
        async for event in events:
            found.append(event)
            if len(found) == count:
                break
    return found


def write(count: int, seconds: float) -> None:
    """Write in a thread, at an even rate."""
    try:
        for number in range(count):
            append("ticks", EventData("Tick", {"n": number}))
            time.sleep(seconds / count)
    finally:
        connections.close_all()


def test_every_client_gets_every_event_once_in_order(port: int, token: str) -> None:
    """Clients come and go at random, and come again where they were."""
    append("ticks", [EventData("Tick", {"n": -1})] * 5)
    chance = random.Random(1126)
    total = EVENTS + 5

    async def client() -> list[int]:
        source = EventSource(port, f"{ADDRESS}/live/streams/ticks", Authorization=token)
        places: list[int] = []
        while len(places) < total:
            async with aclosing(source.connect()) as events:  # type: ignore[type-var]
                async for event in events:
                    places.append(place_of(event))
                    if len(places) == total or chance.random() < 0.003:
                        break
        return places

    async def all_clients() -> list[list[int]]:
        writing = asyncio.to_thread(write, EVENTS, SECONDS)
        *found, _ = await asyncio.gather(*(client() for _ in range(CLIENTS)), writing)
        return found

    found = asyncio.run(asyncio.wait_for(all_clients(), 600))
    assert len(found) == CLIENTS
    assert all(places == list(range(total)) for places in found)


@pytest.mark.parametrize(
    "address", ["live", "live/categories/order", "live/correlations/story"]
)
def test_categories_correlations_and_all_are_watched(
    port: int, token: str, address: str
) -> None:
    def happen() -> None:
        for number in range(10):
            with correlation_scope("story"):
                append(f"order-{number}", EventData("Placed", {"n": number}))
            if address != "live":
                append("other", EventData("Noise", {}), correlation_id="noise")

    def happen_later() -> None:
        happen()
        connections.close_all()

    happen()
    source = EventSource(port, f"{ADDRESS}/{address}", Authorization=token)
    thread = threading.Timer(0.3, happen_later)
    thread.start()
    found = asyncio.run(asyncio.wait_for(take(source, 20), 30))
    thread.join()
    assert [json.loads(event.data)["data"]["n"] for event in found] == [*range(10)] * 2
    places = [place_of(event) for event in found]
    assert places == sorted(set(places))


def test_a_client_begins_at_the_end_or_where_it_says(port: int, token: str) -> None:
    append("ticks", [EventData("Tick", {"n": n}) for n in range(5)])
    address = f"{ADDRESS}/live/streams/ticks"
    source = EventSource(port, f"{address}?from=3", Authorization=token)
    assert [place_of(e) for e in asyncio.run(take(source, 2))] == [3, 4]
    source = EventSource(port, f"{address}?from=end", Authorization=token)
    threading.Timer(0.3, write, (1, 0.0)).start()
    found = asyncio.run(asyncio.wait_for(take(source, 1), 30))
    assert [place_of(event) for event in found] == [5]


def test_removed_events_are_told(port: int, token: str, everything: Api) -> None:
    append("ticks", [EventData("Tick", {"n": n}) for n in range(5)])
    truncate_stream("ticks", 3)
    source = EventSource(port, f"{ADDRESS}/live/streams/ticks", Authorization=token)
    told, *events = asyncio.run(asyncio.wait_for(take(source, 3), 30))
    assert (told.kind, json.loads(told.data)) == ("truncated", {"first_offset": 3})
    assert [place_of(event) for event in events] == [3, 4]
    # Under WSGI alike; the answer ends there.
    response = everything.get("live/streams/ticks")
    body = response.getvalue().decode()
    assert [event.kind for event in Parser().parse(body)] == [
        "truncated",
        "message",
        "message",
    ]


def test_under_wsgi_an_answer_ends_and_the_next_one_goes_on(everything: Api) -> None:
    append("ticks", [EventData("Tick", {"n": n}) for n in range(4)])
    with mock.patch.object(streaming, "ALL_OF_A_REQUEST", 3):
        first = everything.get("live/streams/ticks").getvalue().decode()
        events = list(Parser().parse(first))
        assert [place_of(event) for event in events] == [0, 1, 2]
        assert first.startswith("retry: 2000\n")
        second = everything.get(
            "live/streams/ticks", **{"Last-Event-ID": events[-1].last_event_id}
        )
        (event,) = Parser().parse(second.getvalue().decode())
        assert place_of(event) == 3


@pytest.mark.parametrize("how", ["right", "session"])
def test_a_live_answer_ends_with_the_right_to_it(
    port: int, settings: Settings, how: str
) -> None:
    user = User.objects.create_user("viewer")
    user.user_permissions.set(Permission.objects.filter(codename="view_stream"))
    client = Client()
    client.force_login(user)
    cookie = client.cookies[settings.SESSION_COOKIE_NAME].value

    def revoke() -> None:
        user.user_permissions.clear() if how == "right" else client.logout()
        connections.close_all()

    async def watch() -> list[ServerEvent]:
        source = EventSource(
            port,
            f"{ADDRESS}/live",
            Cookie=f"{settings.SESSION_COOKIE_NAME}={cookie}",
        )
        return await asyncio.wait_for(take(source, 100), 30)

    with mock.patch.object(streaming, "ASK_AGAIN_SECONDS", 0.2):
        threading.Timer(0.5, revoke).start()
        found = asyncio.run(watch())
    assert [event.kind for event in found] == ["closed"]


def test_no_text_makes_another_frame(everything: Api, port: int, token: str) -> None:
    """CR and LF, alone and together, and what else some take for a line end."""
    ends = ["\r", "\n", "\r\n", "\n\n", "\r\r", "\x0b", "\x0c", "\x85", "\u2028"]
    texts = [
        f"a{end}{field}: 99{end}{end}b"
        for end in ends
        for field in ("id", "data", "event", "retry", ":")
    ]
    texts += [f"{text}\n" for text in texts] + [f"\r{text}" for text in texts[:10]]
    assert len(texts) >= 100
    events = [EventData("Tick", {t: t}, metadata={"t": t}, key=t) for t in texts]
    append("ticks", events, correlation_id="a\nid: 99\n\n")
    body = everything.get("live/streams/ticks").getvalue().decode()
    found = list(Parser().parse(body))
    assert [place_of(event) for event in found] == list(range(len(texts)))
    assert [json.loads(event.data)["key"] for event in found] == texts
    source = EventSource(port, f"{ADDRESS}/live", Authorization=token)
    live = asyncio.run(asyncio.wait_for(take(source, len(texts)), 30))
    assert [json.loads(event.data)["key"] for event in live] == texts


def test_a_slow_client_is_let_go_and_misses_nothing(port: int, token: str) -> None:
    address = f"{ADDRESS}/live/streams/ticks"
    source = EventSource(port, address, Authorization=token)

    async def watch() -> list[int]:
        places: list[int] = []
        while len(places) < 60:
            async with aclosing(source.connect()) as events:  # type: ignore[type-var]
                async for event in events:
                    places.append(place_of(event))
                    if len(places) == 1:
                        append_all()
                    if len(places) == 60:
                        break
        return places

    def append_all() -> None:
        thread = threading.Thread(target=write, args=(59, 0.0))
        thread.start()
        thread.join()

    write(1, 0.0)
    with mock.patch("eventstreaming.http.live.hubs.BACKLOG", 2):
        places = asyncio.run(asyncio.wait_for(watch(), 60))
    assert places == list(range(60))


def test_a_client_that_goes_as_an_event_comes_is_gone() -> None:
    """A cancellation that comes together with an event is not lost."""
    (event,) = append("ticks", EventData("Tick", {}))

    async def go(pauses: int) -> None:
        listener = Listener(0)
        answer = asyncio.create_task(listener.heard(10))
        await asyncio.sleep(0)
        listener.offer(StoredEventFrame(event, 1))
        for _ in range(pauses):
            await asyncio.sleep(0)
        was_under_way = answer.cancel()
        await asyncio.wait([answer])
        assert answer.cancelled() is was_under_way

    for pauses in range(4):
        asyncio.run(go(pauses))


def test_an_outage_at_the_first_look_is_over_for_the_next_client() -> None:
    source = PositionSource(None, "default")

    async def join_twice() -> None:
        with (
            mock.patch.object(PositionSource, "end", side_effect=OperationalError),
            pytest.raises(OperationalError),
        ):
            await hubs.hub_of(source).join()
        hub = hubs.hub_of(source)
        hubs.leave(source, hub, await hub.join())

    asyncio.run(join_twice())
