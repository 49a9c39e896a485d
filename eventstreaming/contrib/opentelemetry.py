"""
OpenTelemetry: traces from whoever writes to the handlers, and metrics.

Needs the extra `opentelemetry`, which is the API only: exporters are the project's
business. Names are those of the semantic conventions for messaging.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from opentelemetry import metrics, trace
from opentelemetry.context import Context
from opentelemetry.metrics import MeterProvider
from opentelemetry.trace import Link, SpanKind, TracerProvider
from opentelemetry.trace.propagation.tracecontext import (
    TraceContextTextMapPropagator,
)

from eventstreaming import __version__, clock
from eventstreaming.events.observing import Sending, observers
from eventstreaming.types import Message, StoredEvent

SCOPE = "eventstreaming"
# Seconds. A handler may take milliseconds, and a message wait for hours.
BOUNDS = (0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0, 60.0, 600.0, 3600.0)

Attributes = dict[str, Any]
_propagator = TraceContextTextMapPropagator()


def instrument(
    *,
    same_trace: bool = True,
    tracer_provider: TracerProvider | None = None,
    meter_provider: MeterProvider | None = None,
) -> None:
    """
    Trace and measure appends, enqueues and handlers from now on, in this process.

    While a span is recorded, events and messages carry the W3C trace context of the
    one that wrote them, in `metadata` and `headers` as `traceparent`. The span of a
    handler has a link to it, and is its child as well; with `same_trace` False it
    begins a trace of its own. A second call replaces the first. Without providers
    they are the global ones.
    """
    uninstrument()
    observers.append(
        OpenTelemetryObserver(
            same_trace=same_trace,
            tracer_provider=tracer_provider,
            meter_provider=meter_provider,
        )
    )


def uninstrument() -> None:
    """End what instrument() has begun."""
    observers[:] = [
        observer
        for observer in observers
        if not isinstance(observer, OpenTelemetryObserver)
    ]


def context_of(given: Message | StoredEvent) -> Context:
    """
    Return the trace context that an event or message carries; empty without one.

    For loops of one's own over dequeue() or read_stream().
    """
    carried: Mapping[str, Any] = (
        given.headers if isinstance(given, Message) else given.metadata
    )
    texts = {
        name: value
        for name in _propagator.fields
        if isinstance(value := carried.get(name), str)
    }
    return _propagator.extract(texts, Context())


class OpenTelemetryObserver:
    """Makes a span, and counts, for each call that it looks at."""

    def __init__(
        self,
        *,
        same_trace: bool = True,
        tracer_provider: TracerProvider | None = None,
        meter_provider: MeterProvider | None = None,
    ) -> None:
        self._same_trace = same_trace
        self._tracer = trace.get_tracer(SCOPE, __version__, tracer_provider)
        meter = metrics.get_meter(SCOPE, __version__, meter_provider)
        self._sent = meter.create_counter(
            "messaging.client.sent.messages",
            "{message}",
            "Events and messages written; a later rollback is not seen.",
        )
        self._consumed = meter.create_counter(
            "messaging.client.consumed.messages",
            "{message}",
            "Calls of handlers; those that failed have an error.type.",
        )
        self._runs = meter.create_histogram(
            "messaging.process.duration",
            "s",
            "How long handlers ran.",
            explicit_bucket_boundaries_advisory=BOUNDS,
        )
        self._waits = meter.create_histogram(
            "eventstreaming.message.wait",
            "s",
            "From the enqueue of a message to its first delivery, delays included.",
            explicit_bucket_boundaries_advisory=BOUNDS,
        )

    @contextmanager
    def sending(self, sending: Sending) -> Iterator[None]:
        """Be the producer's span around a write, and have it carried."""
        name = f"{sending.name:.255}"
        target = name.partition("-")[0] if sending.operation == "append" else name
        shared = _about(sending.operation, "send", sending.store)
        if sending.operation == "enqueue":
            shared["messaging.destination.name"] = name
        with self._tracer.start_as_current_span(
            f"{sending.operation} {target}".rstrip(),
            kind=SpanKind.PRODUCER,
            attributes={**shared, "messaging.destination.name": name},
        ) as span:
            if span.is_recording():
                _propagator.inject(sending.carried)
            yield
            span.set_attribute("messaging.batch.message_count", sending.count)
        if sending.count:
            self._sent.add(sending.count, shared)

    @contextmanager
    def handling(
        self, given: Message | StoredEvent, subscription: str | None
    ) -> Iterator[None]:
        """Be the consumer's span around a handler, linked to the producer's."""
        shared = _about("process", "process", None)
        if isinstance(given, Message):
            reader = shared["messaging.destination.name"] = given.stream_name
            own = _about_message(given)
            if given.deliveries == 1:
                waited = (clock.now() - given.enqueued_at).total_seconds()
                self._waits.record(max(0.0, waited), shared)
        else:
            reader = shared["messaging.consumer.group.name"] = subscription or "replay"
            own = _about_event(given)
        context = context_of(given)
        origin = trace.get_current_span(context).get_span_context()
        began = clock.monotonic()
        try:
            with self._tracer.start_as_current_span(
                f"process {reader}",
                context=context if self._same_trace and origin.is_valid else None,
                kind=SpanKind.CONSUMER,
                attributes={**shared, **own},
                links=[Link(origin)] if origin.is_valid else [],
            ):
                yield
        except BaseException as error:
            shared["error.type"] = type(error).__name__
            raise
        finally:
            self._consumed.add(1, shared)
            self._runs.record(clock.monotonic() - began, shared)


def _about(operation: str, kind: str, store: str | None) -> Attributes:
    """Return attributes of few values, fit for metrics, too."""
    attributes = {
        "messaging.system": "eventstreaming",
        "messaging.operation.name": operation,
        "messaging.operation.type": kind,
    }
    return (
        attributes if store is None else {**attributes, "eventstreaming.store": store}
    )


def _about_message(message: Message) -> Attributes:
    return {
        "messaging.message.id": message.message_id,
        "eventstreaming.attempt": message.attempts + 1,
        "eventstreaming.correlation_id": message.correlation_id or "",
    }


def _about_event(event: StoredEvent) -> Attributes:
    return {
        "messaging.destination.name": event.stream_name,
        "messaging.message.id": str(event.event_id),
        "eventstreaming.event_type": event.event_type,
        "eventstreaming.offset": event.offset,
        "eventstreaming.position": event.position,
        "eventstreaming.correlation_id": event.correlation_id or "",
    }
