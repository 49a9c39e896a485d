"""Why a search found no event, and what would."""

from django.utils.translation import gettext

from eventstreaming.admin.event_search import PREFIXES, EventSearch
from eventstreaming.events import arguments
from eventstreaming.exceptions import InvalidArgument
from eventstreaming.models import Event, Stream


def hints(search: EventSearch) -> list[str]:
    """Return a sentence for each term that nothing can be found with."""
    found = []
    if search.stream is not None:
        found += _about_stream(search.stream, search.offset)
    if search.category is not None and not _has_category(search.category):
        text = gettext("There is no category %(name)s.")
        found.append(text % {"name": search.category[:80]})
    if search.position is not None:
        found += _about_position(search.position)
    if search.any_id is not None:
        text = gettext("No event has the id %(id)s, and none this correlation id.")
        found.append(text % {"id": search.any_id})
    return found


def _about_stream(name: str, offset: int | None) -> list[str]:
    if name.endswith(":") and name[:-1] in PREFIXES:
        text = gettext("Write what you look for right behind %(prefix)s")
        return [text % {"prefix": name}]
    try:
        arguments.stream_name(name)
    except InvalidArgument:
        text = gettext(
            "“%(term)s” is no stream, no position (#12345), no id and no type:…, "
            "correlation:…, causation:…, stream:… or category:…."
        )
        return [text % {"term": name[:80]}]
    stream = Stream.objects.filter(name=name).first()
    if stream is None:
        said = [gettext("There is no stream %(name)s.") % {"name": name[:80]}]
        if _has_category(name):
            text = gettext("%(name)s-* finds the events of that category.")
            said.append(text % {"name": name[:80]})
        return said
    if offset is not None:
        text = gettext("%(name)s has its offsets between %(first)d and %(last)d.")
        bounds = {"first": stream.first_offset, "last": stream.next_offset - 1}
        return [text % {"name": name[:80], **bounds}]
    return []


def _about_position(position: int) -> list[str]:
    newest = Event.objects.order_by("-position").values_list("position", flat=True)
    for last in newest[:1]:
        if position > last:
            text = gettext("#%(position)d is still to come: the newest is #%(last)d.")
            return [text % {"position": position, "last": last}]
    if Event.objects.filter(position=position).exists():
        return []
    text = gettext("No event has the position #%(position)d: positions have gaps.")
    return [text % {"position": position}]


def _has_category(name: str) -> bool:
    return Stream.objects.filter(category=name).exists()
