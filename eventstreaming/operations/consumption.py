"""How far a stream has been read by all who read it."""

from django.db.models import Min

from eventstreaming.models import Event, ParkedEvent, Stream, Subscription


class Consumption:
    """
    The places of all subscriptions of a database, as they are now.

    They only grow, so what one has read according to an older look, it has read.
    """

    def __init__(self, using: str) -> None:
        self._using = using
        self._places: dict[str, list[tuple[int | None, int | None]]] = {}
        rows = Subscription.objects.using(using).values_list(
            "source", "checkpoints__offset", "checkpoints__position"
        )
        for source, offset, position in rows:
            self._places.setdefault(source, []).append((offset, position))

    def first_unread(self, stream: Stream, before: int) -> int:
        """
        Return the first kept offset that somebody has not read, or `before`.

        Who has read nothing yet, or is stopped, holds all that it has not read. What
        is parked is not read.
        """
        parked = ParkedEvent.objects.using(self._using).filter(
            stream_name=stream.name, offset__lt=before
        )
        first = parked.aggregate(first=Min("offset"))["first"]
        before = before if first is None else first
        offsets = [offset for offset, _ in self._at(stream.name)]
        wide = self._at(f"{stream.category}-*") + self._at("*")
        positions = [position for _, position in wide]
        if None in offsets or None in positions:
            return stream.first_offset
        before = min(
            [before, *(offset + 1 for offset in offsets if offset is not None)]
        )
        known = [position for position in positions if position is not None]
        if not known:
            return before
        unread = Event.objects.using(self._using).filter(
            stream_id=stream.pk,
            offset__gte=stream.first_offset,
            offset__lt=before,
            position__gt=min(known),
        )
        first = unread.order_by("stream_id", "offset").values_list("offset", flat=True)
        return next(iter(first[:1]), before)

    def _at(self, source: str) -> list[tuple[int | None, int | None]]:
        return self._places.get(source, [])
