"""The history of a saga, as people read it."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext

from eventstreaming.admin.formats import duration, list_link, moment
from eventstreaming.admin.payloads import error_line
from eventstreaming.models import Event, Saga
from eventstreaming.operations.redaction import shown

SHOWN = 200  # events; a saga that has more goes round in retries

Data = dict[str, Any]


def timeline(model_admin: Any, saga: Saga) -> str:
    """Return the events of a saga's stream, the newest of very many first."""
    rows = Event.objects.filter(stream__name=saga.stream_name).order_by("-offset")
    events = list(rows[: SHOWN + 1])
    if not events:
        return gettext("Its stream is empty: the events were removed.")
    lines = [
        (moment(event.timestamp, precise=True), *_told(saga, event))
        for event in reversed(events[:SHOWN])
    ]
    entries = format_html_join("", "<li>{} <b>{}</b> {}</li>", lines)
    more = ""
    if len(events) > SHOWN:
        more = list_link(
            model_admin, Event, gettext("Show all"), stream=saga.stream_name
        )
    return format_html('<ol class="es-timeline">{}</ol>{}', entries, more)


def _told(saga: Saga, event: Event) -> tuple[str, str]:
    """Return the step, or what concerns all of them, and what happened."""
    data = shown(saga.stream_name, event.event_type, event.data)
    if not isinstance(data, dict):
        data = {}
    texts = {
        name: error_line(saga, str(data[name]), 200)
        for name in ("error", "reason")
        if name in data
    }
    tell = _SENTENCES.get(event.event_type)
    told = event.event_type
    if tell is not None:
        # The redaction may have put a text in the place of a number.
        with suppress(TypeError, ValueError):
            told = tell({**data, **texts})
    return str(data.get("step", "")), told


def _completed(data: Data) -> str:
    if data.get("attempt", 1) == 1:
        return gettext("completed")
    return gettext("completed at attempt %(attempt)s") % {"attempt": data["attempt"]}


def _waiting(data: Data) -> str:
    seconds = data.get("seconds")
    if not data.get("signal"):
        return format_html(gettext("waits for {}"), duration(seconds))
    if seconds is None:
        return format_html(gettext("waits for the signal {}"), data["signal"])
    return format_html(
        gettext("waits for the signal {}, at most {}"),
        data["signal"],
        duration(seconds),
    )


def _failed(data: Data) -> str:
    error = data.get("error", "-")
    if data.get("retry_in") is None:
        return format_html(
            gettext("attempt {} failed, for good: {}"), data.get("attempt"), error
        )
    return format_html(
        gettext("attempt {} failed, again after {}: {}"),
        data.get("attempt"),
        duration(data["retry_in"]),
        error,
    )


def _not_undone(data: Data) -> str:
    return format_html("{} {}", gettext("undoing it:"), _failed(data))


_SENTENCES: dict[str, Callable[[Data], str]] = {
    "SagaStarted": lambda data: gettext("started"),
    "SagaStepWaiting": _waiting,
    "SagaSignalReceived": lambda data: format_html(
        gettext("the signal {} came"), data.get("signal")
    ),
    "SagaStepCompleted": _completed,
    "SagaStepFailed": _failed,
    "SagaCompensating": lambda data: format_html(
        gettext("is undone, because of {}"), data.get("reason", "-")
    ),
    "SagaStepCompensated": lambda data: gettext("undone"),
    "SagaCompensationFailed": _not_undone,
    "SagaCompensationSkipped": lambda data: gettext("taken as undone by an operator"),
    "SagaResumed": lambda data: gettext("resumed by an operator"),
    "SagaCompleted": lambda data: gettext("completed"),
    "SagaCompensated": lambda data: gettext("all is undone"),
    "SagaFailed": lambda data: gettext(
        "could not be undone: somebody has to see to it"
    ),
}

EVENT_TYPES = tuple(_SENTENCES)
