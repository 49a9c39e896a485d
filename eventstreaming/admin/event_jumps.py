"""Going to a time, a position or an offset in the list of events."""

import re
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import reverse
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.timezone import is_aware, is_naive, localtime, make_aware
from django.utils.translation import gettext

from eventstreaming.admin.cursors import Cursor
from eventstreaming.admin.event_search import EventSearch
from eventstreaming.models import Event, Stream
from eventstreaming.operations.places_in_time import offset_since, position_since

TIME, PLACE = "time", "place"  # the fields of the form
LAST = 2**63 - 1

_POSITION = re.compile(r"#\s*([0-9]{1,19})")
_OFFSET = re.compile(r"(?:(?P<stream>[^\s@]*)@)?(?P<offset>[0-9]{1,19})")


@dataclass(frozen=True, slots=True)
class Target:
    """Where somebody wants to go: one of the three is set."""

    moment: datetime | None = None
    position: int | None = None
    offset: int | None = None
    stream: str = ""  # of the offset, where it is not that of the list


def jump(model_admin: Any, request: HttpRequest) -> HttpResponse:
    """
    Redirect to the page of the list that begins with what was asked for.

    Filters and the search stay. A message says which event it is, or what is wrong.
    It costs a few look-ups by index, however many events there are.
    """
    if not model_admin.has_view_permission(request):
        raise PermissionDenied
    query = request.GET.copy()
    texts = [text for name in (TIME, PLACE) for text in query.pop(name, []) if text]
    query.pop("p", None)
    try:
        if any("\x00" in text for text in [*texts, *query.values()]):
            query.clear()
            raise ValueError(gettext("No text in a database holds a NUL."))
        if not texts:
            raise ValueError(gettext("Say where to go: a time, or a place."))
        cursor, note = _find(parse(texts[0].strip()), query)
        query["p"] = str(cursor)
        model_admin.message_user(request, note, messages.INFO)
    except ValueError as error:
        model_admin.message_user(request, str(error), messages.WARNING)
    site = model_admin.admin_site.name
    url = reverse("admin:eventstreaming_event_changelist", current_app=site)
    return HttpResponseRedirect(f"{url}?{query.urlencode()}" if query else url)


def parse(text: str) -> Target:
    """Read a time, `#12345`, `7`, `@7` or `order-1@7`; raise ValueError else."""
    if found := _POSITION.fullmatch(text):
        return Target(position=min(int(found[1]), LAST))
    if found := _OFFSET.fullmatch(text):
        offset = min(int(found["offset"]), LAST)
        return Target(offset=offset, stream=found["stream"] or "")
    try:
        moment = parse_datetime(text)
        if moment is None and (day := parse_date(text)) is not None:
            moment = datetime.combine(day, time())
    except ValueError:  # the form of a time, like the 31st of June
        moment = None
    if moment is None:
        raise ValueError(
            gettext(
                "“%(text)s” is no time (2026-11-26 14:30), no position (#12345) and no "
                "offset (order-1@7)."
            )
            % {"text": text[:80]}
        )
    return Target(moment=make_aware(moment) if is_naive(moment) else moment)


def _find(target: Target, query: QueryDict) -> tuple[Cursor, str]:
    """Return where the page begins, and what to say; raise ValueError with a reason."""
    search = EventSearch.parse(query.get("q", ""))
    listed = query.get("stream") or search.stream
    if target.stream and target.stream != listed:
        query.clear()
        query["stream"] = listed = target.stream
    elif target.offset is not None and not listed:
        raise ValueError(
            gettext("An offset needs its stream: order-1@%(offset)d. A position is "
                    "written #%(offset)d.") % {"offset": target.offset}
        )  # fmt: skip
    if listed:
        stream = Stream.objects.filter(name=listed).first()
        if stream is None:
            raise ValueError(
                gettext("There is no stream %(name)s.") % {"name": listed[:80]}
            )
        rows, column = stream.events.all(), "offset"
        place = _place_in_stream(stream, target)
    else:
        rows, column = Event.objects.all(), "position"
        category = query.get("category") or search.category
        if category is not None:
            rows = rows.filter(category=category)
        place = target.position
        if target.moment is not None:
            place = position_since(target.moment, category)
    event = _event_at(rows, column, place)
    told = gettext(
        "The page begins at #%(position)d, %(stream)s@%(offset)d, of %(time)s."
    ) % {
        "position": event.position,
        "stream": event.stream.name,
        "offset": event.offset,
        "time": _local(event.timestamp),
    }
    return Cursor((getattr(event, column) + 1,)), told


def _place_in_stream(stream: Stream, target: Target) -> int | None:
    """Return the offset from which on the events are wanted; None is behind all."""
    if target.moment is not None:
        return offset_since(stream, target.moment)
    if target.position is None:
        return target.offset
    found = Event.objects.filter(position=target.position).select_related("stream")
    event = found.defer("data", "metadata").first()
    if event is None or event.stream_id != stream.pk:
        raise ValueError(
            gettext("The event with position #%(position)d is not in this stream.")
            % {"position": target.position}
        )
    return event.offset


def _event_at(rows: QuerySet[Event], column: str, place: int | None) -> Event:
    """Return the first event from a place on; say so where there is none."""
    rows = rows.select_related("stream").defer("data", "metadata")
    found = None
    if place is not None:
        found = rows.filter(**{f"{column}__gte": place}).order_by(column).first()
    if found is not None:
        return found
    newest = rows.order_by(f"-{column}").first()
    if newest is None:
        raise ValueError(gettext("There is no event to go to."))
    raise ValueError(
        gettext("That is behind the newest event, #%(position)d, of %(time)s.")
        % {
            "position": newest.position,
            "time": _local(newest.timestamp),
        }
    )


def _local(moment: datetime) -> str:
    local = localtime(moment) if is_aware(moment) else moment
    return local.isoformat(sep=" ", timespec="milliseconds")
