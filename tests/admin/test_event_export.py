"""The export of the list of events: all that matches, and payload by its own right."""

import json
from typing import Any
from unittest import mock

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth.models import User
from django.test import AsyncClient, Client, override_settings

from eventstreaming import EventData, append
from eventstreaming.admin import event_export
from tests.admin.conftest import Staff
from tests.admin.pages import ROOT, visit

pytestmark = pytest.mark.django_db

LABEL = "Export all of these as JSON lines"


@pytest.fixture(autouse=True)
def small_batches() -> Any:
    with mock.patch("eventstreaming.admin.event_export.BATCH", 3):
        yield


def lines(client: Client, url: str) -> list[dict[str, Any]]:
    response = client.get(url)
    assert response.status_code == 200
    content: bytes = b"".join(response.streaming_content)  # type: ignore[attr-defined]
    return [json.loads(line) for line in content.splitlines()]


def test_export_has_all_that_the_list_would_show(admin_client: Client) -> None:
    for stream in ("order-1", "order-2", "audit"):
        append(
            stream,
            [EventData("Noted" if n % 2 else "Paid", {"n": n}) for n in range(10)],
        )
    for query, count in (
        ({}, 30),
        ({"stream": "order-1"}, 10),
        ({"q": "order-*"}, 20),
        ({"q": "order-2 type:Paid"}, 5),
        ({"type": "Paid", "p": "last"}, 15),
    ):
        page = visit(admin_client, "event/", **query)
        rows = lines(admin_client, page.links[LABEL])
        assert len(rows) == count, query
        positions = [row["position"] for row in rows]
        assert positions == sorted(set(positions), reverse=True)
    assert rows[0]["data"] == {"n": 8}
    assert LABEL not in visit(admin_client, "event/", stream="none").links


def hide(stream_name: str, type_name: str, value: object, part: str) -> object:
    return "hidden"


def test_payload_has_a_right_of_its_own(staff: Staff) -> None:
    append("order-1", EventData("Paid", {"card": "card-4111"}), metadata={"ip": "::1"})
    url = f"{ROOT}event/export/"
    (row,) = lines(staff("view_event"), url)
    assert row["type"] == "Paid"
    assert not {"data", "metadata"} & set(row)
    may = staff("view_event", "view_payload")
    (row,) = lines(may, url)
    assert (row["data"], row["metadata"]) == ({"card": "card-4111"}, {"ip": "::1"})
    with override_settings(EVENT_STREAM_REDACTION=f"{__name__}.hide"):
        (row,) = lines(may, url)
    assert row["data"] == "hidden"
    assert staff("view_stream").get(url).status_code == 403


def test_under_asgi_a_batch_is_read_when_the_one_before_is_sent(
    admin_user: User,
) -> None:
    append("order-1", [EventData("Paid", {"n": n}) for n in range(8)])

    async def export() -> list[int]:
        client = AsyncClient()
        await client.aforce_login(admin_user)
        response: Any = await client.get(f"{ROOT}event/export/")
        chunks = aiter(response.streaming_content)
        with mock.patch.object(event_export, "_line", wraps=event_export._line) as line:
            found = [await anext(chunks)]
            assert line.call_count == 3
            found += [chunk async for chunk in chunks]
        return [json.loads(row)["offset"] for row in b"".join(found).splitlines()]

    assert async_to_sync(export)() == list(range(7, -1, -1))
