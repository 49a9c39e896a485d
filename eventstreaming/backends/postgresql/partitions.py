"""Beginning a batch of a subscription: its partition and its page in one statement."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from eventstreaming.backends.base_streams import BatchBeginning, BegunBatch
from eventstreaming.backends.pages import Row
from eventstreaming.backends.postgresql.isolation import ReadCommittedBatches
from eventstreaming.backends.postgresql.reading import ReadOperations
from eventstreaming.backends.reading import Page, ReadRequest, read_request
from eventstreaming.events.values import from_json

_FIRST_OFFSET = 11  # the column of the stream's first offset; 0 if none was removed


class PartitionOperations(ReadOperations, ReadCommittedBatches):
    """What a subscription with one partition, to one stream, needs a batch."""

    begins_batches = True

    def batch_beginning(
        self,
        subscription: str,
        stream_name: str,
        event_types: list[str] | None,
        limit: int,
        quiet: float,
    ) -> BatchBeginning:
        """See BaseStreams.batch_beginning()."""
        request = read_request(
            None,
            None,
            field="offset",
            limit=limit,
            backwards=False,
            event_types=event_types,
            batch_size=limit,
            follow=False,
        )
        begin = self._opening(
            "begin_batch",
            {
                "subscription": subscription,
                "stream_name": stream_name,
                "event_types": request.event_types,
                "limit": limit,
                "quiet": quiet,
            },
        )
        return partial(self._begun, stream_name, request, begin)

    def _begun(
        self, stream_name: str, request: ReadRequest, begin: Callable[[], list[Row]]
    ) -> BegunBatch | None:
        rows = begin()
        if not rows:
            return None
        taken: Any = from_json(rows[0][-1])
        return BegunBatch(taken, partial(self._page, stream_name, request, rows[1:]))

    def _page(
        self,
        stream_name: str,
        request: ReadRequest,
        rows: list[Row],
        after: int | None,
        until: int | None,
    ) -> Page | None:
        # Where it begins says only whether events that were removed are missing.
        if after is not None and after >= 0 and rows and rows[0][_FIRST_OFFSET]:
            request = replace(request, low=after + 1, low_is_asked=True)
        page = self._page_of(stream_name, request, rows, fenced=False)
        if page is None or until is None:
            return page
        events, last = page
        return events, min(last, until)
