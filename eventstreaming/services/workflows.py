"""Business processes that write their events at once, under one correlation id."""

from collections.abc import Iterable, Mapping
from contextlib import AsyncExitStack, ExitStack
from types import TracebackType
from typing import Self

from eventstreaming.backends import DEFAULT_ALIAS, event_stores
from eventstreaming.backends.deferring import DeferredAppends
from eventstreaming.events import arguments
from eventstreaming.events.correlation import correlation_scope
from eventstreaming.events.ids import new_id
from eventstreaming.exceptions import InvalidValue, WorkflowNotOpen
from eventstreaming.types import ANY_VERSION, JSON, ExpectedVersion


class Workflow:
    """
    A block that collects events, and appends them when it ends well.

        with Workflow() as flow:
            flow.append("orders", OrderPlaced(...))

    All of them, and the messages that are enqueued in the block, get one
    correlation id: `flow.id`, a new one unless given. With the id of an earlier
    block the same process goes on; `is_new` tells which it is. If the block raises,
    nothing is appended and nothing enqueued. It is a block of deferred_appends():
    a transaction, or a savepoint in yours, that writes last, just before it
    commits. `async with` does the same.

    A subclass gives a process its own words:

        class Invitation(Workflow):
            stream_name = "invitations"

            def accept(self, by: str) -> None:
                self.emit(InvitationAccepted(by=by))
    """

    stream_name: str = ""  # where emit() appends

    def __init__(
        self,
        workflow_id: str | None = None,
        *,
        causation_id: str | None = None,
        store: str = DEFAULT_ALIAS,
    ) -> None:
        given = arguments.text(workflow_id, "workflow_id")
        self.id = given or str(new_id())
        self.is_new = given is None
        self._causation_id = causation_id
        self._store = store
        self._later: DeferredAppends | None = None
        self._block = ExitStack()
        self._async_block = AsyncExitStack()

    def append(
        self,
        stream_name: str,
        events: Iterable[object] | object,
        *,
        expected_version: ExpectedVersion = ANY_VERSION,
        key: str | None = None,
        metadata: Mapping[str, JSON] | None = None,
    ) -> None:
        """
        Check events as `append()` does, and write them at the end of the block.

        Raise WorkflowNotOpen outside of it. See deferred_appends() for the rest.
        """
        if self._later is None:
            raise WorkflowNotOpen(self.id)
        self._later.append(
            stream_name,
            events,
            expected_version=expected_version,
            key=key,
            metadata=metadata,
            correlation_id=self.id,
        )

    def emit(self, *events: object, key: str | None = None) -> None:
        """Append events to the class's stream. See append()."""
        if not self.stream_name:
            raise InvalidValue(
                "stream_name", f"{type(self).__name__} names no stream for emit()"
            )
        self.append(self.stream_name, events, key=key)

    def __enter__(self) -> Self:
        self._refuse_open()
        with ExitStack() as block:
            block.enter_context(
                correlation_scope(self.id, causation_id=self._causation_id)
            )
            deferred = event_stores[self._store].deferred_appends()
            self._later = block.enter_context(deferred)
            self._block = block.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._later = None
        self._block.__exit__(kind, error, traceback)

    async def __aenter__(self) -> Self:
        self._refuse_open()
        async with AsyncExitStack() as block:
            block.enter_context(
                correlation_scope(self.id, causation_id=self._causation_id)
            )
            deferred = event_stores[self._store].adeferred_appends()
            self._later = await block.enter_async_context(deferred)
            self._async_block = block.pop_all()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._later = None
        await self._async_block.__aexit__(kind, error, traceback)

    def _refuse_open(self) -> None:
        """One block at a time: another one would end this one's collecting."""
        if self._later is not None:
            raise WorkflowNotOpen(self.id, "is open already; give each block its own")
