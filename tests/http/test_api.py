"""What the HTTP interface answers."""

import pytest
from pytest_django import Settings

from eventstreaming import (
    EventData,
    append,
    dead_letters,
    dequeue,
    enqueue,
    queue_info,
    read_stream,
    truncate_stream,
)
from eventstreaming.models import Checkpoint, Subscription
from tests.http.conftest import Api

NOTED = [{"type": "Noted", "data": {"n": 1}}]

pytestmark = pytest.mark.django_db


def test_events_are_appended_at_an_expected_version(everything: Api) -> None:
    response = everything.post(
        "events/notes", {"events": NOTED * 2, "key": "k"}, **{"If-None-Match": "*"}
    )
    assert (response.status_code, response.headers["ETag"]) == (201, '"1"')
    assert [event["offset"] for event in response.json()["events"]] == [0, 1]
    again = everything.post("events/notes", {"events": NOTED}, **{"If-Match": '"0"'})
    assert (again.status_code, again.json()["actual"]) == (412, 1)
    good = everything.post("events/notes", {"events": NOTED}, **{"If-Match": '"1"'})
    assert (good.status_code, good.headers["ETag"]) == (201, '"2"')
    stream = everything.get("streams/notes")
    assert (stream.json()["length"], stream.headers["ETag"]) == (3, '"2"')
    assert [event.key for event in read_stream("notes")] == ["k", "k", None]


def test_a_repeated_append_answers_the_first_result(everything: Api) -> None:
    first, second = (
        everything.post("events/notes", {"events": NOTED}, **{"Idempotency-Key": "a"})
        for _ in range(2)
    )
    assert (
        first.json()["events"][0]["event_id"] == second.json()["events"][0]["event_id"]
    )
    other = [{"type": "Noted", "data": 2}]
    response = everything.post(
        "events/notes", {"events": other}, **{"Idempotency-Key": "a"}
    )
    assert (response.status_code, response.json()["error"]) == (
        409,
        "IdempotencyConflict",
    )


def test_pages_lead_to_each_other(everything: Api) -> None:
    append("order-1", [EventData("Noted", n) for n in range(5)])
    seen, start = [], "from_offset=0"
    while True:
        page = everything.get(f"events/order-1?limit=2&{start}").json()
        seen += [event["data"] for event in page["events"]]
        if page["next"] is None:
            break
        start = f"from_offset={page['next']}"
    assert seen == [0, 1, 2, 3, 4]
    newest = everything.get("categories/order?backwards=true&limit=1").json()
    assert [event["data"] for event in newest["events"]] == [4]
    assert len(everything.get("events?event_types=Noted,Other").json()["events"]) == 5
    assert everything.get("events?event_types=Other").json()["events"] == []
    append("order-2", EventData("Noted", 0))
    first = everything.get("streams?limit=1").json()
    assert [stream["name"] for stream in first["streams"]] == ["order-1"]
    rest = everything.get(f"streams?after={first['next']}").json()
    assert ([stream["name"] for stream in rest["streams"]], rest["next"]) == (
        ["order-2"],
        None,
    )


@pytest.mark.parametrize(
    ("address", "document", "status", "named"),
    [
        ("events/notes?form=1", None, 400, "'form'"),
        ("events/notes?limit=1&limit=2", None, 400, "limit"),
        ("events/notes?limit=0", None, 400, "limit"),
        ("events/notes?limit=1001", None, 400, "limit"),
        ("events/notes?from_offset=1e3", None, 400, "from_offset"),
        ("events/notes?from_offset=99999999999999999999", None, 400, "from_offset"),
        ("events/notes?backwards=1", None, 400, "backwards"),
        ("events/notes?_connector=OR", None, 400, "'_connector'"),
        ("events/$notes", None, 400, "stream_name"),
        ("events/notes?store=other", None, 400, "store"),
        ("streams/nowhere", None, 404, "nowhere"),
        ("subscriptions/nowhere", None, 404, "nowhere"),
        ("events/notes", {"events": {}}, 400, "events"),
        ("events/notes", {"events": [{"data": 1}]}, 400, "events[0]"),
        ("events/notes", {"events": [{"type": "N", "x": 1}]}, 400, "events[0]"),
        ("events/notes", {"event": []}, 400, "'event'"),
        ("events/notes", [], 400, "object"),
        ("messages/jobs", {}, 400, "data"),
        ("messages/jobs", {"data": 1, "delay": "soon"}, 400, "delay"),
        ("messages/jobs", {"data": 1, "priority": 10**9}, 400, "priority"),
        ("discard/jobs", {}, 400, "ids"),
        ("reset/nowhere", {"to": "end"}, 404, "nowhere"),
    ],
)
def test_bad_requests_are_named(
    everything: Api, address: str, document: object, status: int, named: str
) -> None:
    response = (
        everything.get(address)
        if document is None
        else everything.post(address, document)
    )
    assert response.status_code == status, response.content
    assert named in response.json()["detail"]
    assert everything.get("events").json()["events"] == []


def test_what_is_no_json_is_refused(everything: Api) -> None:
    for body, kind, status in (
        ("{", "application/json", 400),
        ("[" * 100_000, "application/json", 400),
        ("{}", "text/plain", 415),
    ):
        response = everything.client.post(
            "/api/event-streams/events/notes", body, kind, headers=everything.headers
        )
        assert response.status_code == status


def test_removed_events_say_where_it_goes_on(everything: Api) -> None:
    append("notes", [EventData("Noted", n) for n in range(5)])
    truncate_stream("notes", 3)
    response = everything.get("events/notes?from_offset=0")
    assert (response.status_code, response.json()["first_offset"]) == (410, 3)


def test_messages_dead_letters_and_redrive(everything: Api) -> None:
    made = everything.post(
        "messages/jobs",
        {"data": {"n": 1}, "type": "Job", "deduplication_key": "one", "priority": 3},
    )
    again = everything.post("messages/jobs", {"data": {}, "deduplication_key": "one"})
    assert (made.status_code, again.status_code) == (201, 200)
    assert again.json() == {"message_id": made.json()["message_id"], "created": False}
    message = dequeue("jobs")
    assert message is not None
    assert (message.message_type, message.priority) == ("Job", 3)
    message.nack(dead_letter=True, error="broken")
    (letter,) = everything.get("dead-letters/jobs?reason=rejected").json()[
        "dead_letters"
    ]
    assert (letter["data"], letter["errors"][0]["error"]) == ({"n": 1}, "broken")
    redriven = everything.post("redrive/jobs", {"ids": [letter["message_id"]]})
    assert redriven.json() == {"redriven": 1}
    assert queue_info("jobs").ready == 1
    dequeue("jobs").nack(dead_letter=True)  # type: ignore[union-attr]
    assert everything.post("discard/jobs", {"limit": 10}).json() == {"discarded": 1}
    assert dead_letters("jobs") == []


def test_status_lists_what_there_is(everything: Api) -> None:
    append("notes", EventData("Noted", 1))
    enqueue("jobs", {"n": 1})
    status = everything.get("status").json()
    assert [stream["stream_name"] for stream in status["streams"]] == ["notes"]
    queues = {
        queue["name"]: queue for queue in everything.get("queues").json()["queues"]
    }
    assert queues["jobs"]["ready"] == 1 == everything.get("queues/jobs").json()["ready"]


def test_a_subscription_is_moved(everything: Api) -> None:
    append("notes", [EventData("Noted", n) for n in range(5)])
    row = Subscription.objects.create(name="reader", source="notes")
    checkpoint = Checkpoint.objects.create(
        subscription=row, offset=3, attempts=2, error="bad"
    )
    (status,) = everything.get("subscriptions").json()["subscriptions"]
    assert (status["name"], status["place"], status["lag"]) == ("reader", 3, 1)
    for to, place, offset in (
        ("beginning", 0, None),
        (2, 2, 1),
        ("end", 5, 4),
        ("2020-01-01T00:00:00Z", 0, None),
    ):
        response = everything.post("reset/reader", {"to": to})
        assert response.json() == {"name": "reader", "next": place}
        checkpoint.refresh_from_db()
        assert (checkpoint.offset, checkpoint.attempts, checkpoint.error) == (
            offset,
            0,
            "",
        )
    assert everything.get("subscriptions/reader").json()["lag"] == 5
    for wrong in (6, -1, True, None, "soon", "2020-01-01"):
        response = everything.post("reset/reader", {"to": wrong})
        assert (response.status_code, response.json()["field"]) == (400, "to")


def hide_emails(stream_name: str, type_name: str, value: object, part: str) -> object:
    if type_name == "Broken":
        raise ValueError(type_name)
    return {"stream": stream_name}


def test_redaction_hides_what_it_is_told_to(
    everything: Api, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.EVENT_STREAM_REDACTION = f"{__name__}.hide_emails"
    append("notes", [EventData("Noted", "a@b.c"), EventData("Broken", "a@b.c")])
    events = everything.get("events/notes").json()["events"]
    assert [event["data"] for event in events] == [
        {"stream": "notes"},
        "(hidden: the redaction failed)",
    ]
    assert "a@b.c" not in caplog.text
