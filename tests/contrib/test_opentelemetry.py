"""Traces and metrics, as they come out of OpenTelemetry's own exporters."""

from collections.abc import Iterator
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF
from opentelemetry.trace import SpanKind

from eventstreaming import (
    Append,
    EventData,
    Message,
    StoredEvent,
    append,
    append_many,
    deferred_appends,
    dequeue,
    enqueue,
    enqueue_many,
    queue_handler,
    read_stream,
    subscription,
)
from eventstreaming.contrib.opentelemetry import (
    context_of,
    instrument,
    uninstrument,
)
from eventstreaming.events.observing import observers
from eventstreaming.exceptions import InvalidArgument
from eventstreaming.processing import registry
from eventstreaming.processing.registry import Handlers
from eventstreaming.testing import run_until_idle

pytestmark = pytest.mark.django_db


class Collected:
    """What was exported so far."""

    def __init__(self) -> None:
        self.exporter = InMemorySpanExporter()
        self.reader = InMemoryMetricReader()
        self.tracing = TracerProvider(shutdown_on_exit=False)
        self.tracing.add_span_processor(SimpleSpanProcessor(self.exporter))
        self.metering = MeterProvider([self.reader], shutdown_on_exit=False)

    def instrument(self, **options: Any) -> None:
        instrument(
            tracer_provider=self.tracing, meter_provider=self.metering, **options
        )

    def spans(self) -> dict[str, ReadableSpan]:
        return {span.name: span for span in self.exporter.get_finished_spans()}

    def points(self, name: str) -> list[Any]:
        data = self.reader.get_metrics_data()
        return [
            point
            for resource in (data.resource_metrics if data else ())
            for scope in resource.scope_metrics
            for metric in scope.metrics
            if metric.name == name
            for point in metric.data.data_points
        ]


@pytest.fixture
def collected() -> Iterator[Collected]:
    found = Collected()
    found.instrument()
    yield found
    uninstrument()


@pytest.fixture(autouse=True)
def handlers(monkeypatch: pytest.MonkeyPatch) -> Handlers:
    """Have an order lead to a mail, which the async handler sends."""
    own = Handlers()
    monkeypatch.setattr(registry, "handlers", own)

    @subscription("order-*", name="mailing")
    def react(event: StoredEvent) -> None:
        enqueue("mails", {"to": "ada"}, headers={"tone": "kind"})

    @queue_handler("mails")
    async def send(message: Message) -> None:
        trace.get_current_span().set_attribute("sent", message.data["to"])

    return own


def context_ids(span: ReadableSpan) -> tuple[int, int]:
    return span.context.trace_id, span.context.span_id


def test_one_trace_from_the_request_to_the_last_handler(
    collected: Collected, handlers: Handlers
) -> None:
    tracer = collected.tracing.get_tracer("test")
    with tracer.start_as_current_span("POST /orders"):
        append("order-1", [EventData("Placed", {}), EventData("Paid", {})])
    run_until_idle(registry=handlers)

    spans = collected.spans()
    way = ["POST /orders", "append order", "process mailing"]
    way += ["enqueue mails", "process mails"]
    assert set(spans) == set(way)
    assert len({span.context.trace_id for span in spans.values()}) == 1
    parents = {span.name: span.parent.span_id for span in spans.values() if span.parent}
    assert parents["append order"] == spans["POST /orders"].context.span_id
    assert parents["process mailing"] == spans["append order"].context.span_id
    assert parents["process mails"] in {
        span.context.span_id
        for span in collected.exporter.get_finished_spans()
        if span.name == "enqueue mails"
    }
    sent, handled = spans["append order"], spans["process mailing"]
    assert (sent.kind, handled.kind) == (SpanKind.PRODUCER, SpanKind.CONSUMER)
    assert sent.attributes["messaging.destination.name"] == "order-1"
    assert sent.attributes["messaging.batch.message_count"] == 2
    assert handled.attributes["messaging.consumer.group.name"] == "mailing"
    assert spans["process mails"].attributes["sent"] == "ada"  # current in the handler
    (link,) = handled.links
    assert link.context.span_id == sent.context.span_id


def test_handlers_have_a_trace_of_their_own_and_a_link_if_asked(
    collected: Collected, handlers: Handlers
) -> None:
    collected.instrument(same_trace=False)
    enqueue("mails", {"to": "ada"})
    run_until_idle(registry=handlers)
    sent, handled = (
        collected.spans()[f"{name} mails"] for name in ("enqueue", "process")
    )
    assert handled.context.trace_id != sent.context.trace_id
    assert handled.parent is None
    assert (handled.links[0].context.trace_id, handled.links[0].context.span_id) == (
        context_ids(sent)
    )


def test_every_way_to_write_carries_the_context_beside_what_is_given(
    collected: Collected,
) -> None:
    (one,) = append("a-1", EventData("A", {}, metadata={"own": 1}), metadata={"all": 2})
    ((many,), (other,)) = append_many(
        [Append("b-1", EventData("B", {})), Append("b-2", EventData("B", {}))]
    )
    with deferred_appends() as later:
        later.append("c-1", EventData("C", {}))
    (deferred,) = read_stream("c-1")
    events = [one, many, other, deferred]
    assert all(str(event.metadata["traceparent"]).startswith("00-") for event in events)
    assert (one.metadata["own"], one.metadata["all"]) == (1, 2)
    enqueue("x", {}, headers={"traceparent": "mine"})
    enqueue_many("x", [{}, {}], headers={"tone": "kind"})
    own, *rest = (message for _ in range(3) if (message := dequeue("x")))
    assert own.headers == {"traceparent": "mine"}
    for message in rest:
        assert message.headers["tone"] == "kind"
        span = trace.get_current_span(context_of(message)).get_span_context()
        assert span.trace_id == collected.spans()["enqueue x"].context.trace_id
    assert not context_of(own)


def test_nothing_is_carried_where_nothing_is_recorded(collected: Collected) -> None:
    instrument(tracer_provider=TracerProvider(ALWAYS_OFF, shutdown_on_exit=False))
    (stored,) = append("a-1", EventData("A", {}))
    assert stored.metadata == {}
    uninstrument()
    assert observers == []
    (stored,) = append("a-1", EventData("A", {}))
    assert stored.metadata == {}


def test_metrics_count_what_was_written_and_handled(
    collected: Collected, handlers: Handlers
) -> None:
    @queue_handler("bad", max_attempts=2, backoff=[0])
    def fail(message: Message) -> None:
        raise KeyError("secret")

    append("order-1", [EventData("Placed", {})] * 3)
    enqueue("bad", {})
    with pytest.raises(InvalidArgument):
        enqueue("bad", "text")
    run_until_idle(errors="collect", registry=handlers)

    sent = {
        (point.attributes["messaging.operation.name"], where): point.value
        for point in collected.points("messaging.client.sent.messages")
        for where in [point.attributes.get("messaging.destination.name")]
    }
    assert sent == {("append", None): 3, ("enqueue", "bad"): 1, ("enqueue", "mails"): 3}
    consumed = {
        (
            point.attributes.get("messaging.destination.name")
            or point.attributes["messaging.consumer.group.name"],
            point.attributes.get("error.type"),
        ): point.value
        for point in collected.points("messaging.client.consumed.messages")
    }
    assert consumed == {
        ("mailing", None): 3,
        ("mails", None): 3,
        ("bad", "KeyError"): 2,
    }
    runs = collected.points("messaging.process.duration")
    assert sum(point.count for point in runs) == 8
    waits = collected.points("eventstreaming.message.wait")
    assert sorted(point.count for point in waits) == [1, 3]  # a retry has to wait
    failed = collected.spans()["process bad"]
    assert not failed.status.is_ok
