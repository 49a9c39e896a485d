"""The async twins of readers that go on with live events."""

import asyncio
from collections.abc import AsyncIterator

from eventstreaming.exceptions import InvalidValue
from eventstreaming.testing.contract.case import PATIENCE, ContractCase
from eventstreaming.types import EventData, StoredEvent


class FollowingTwinContract(ContractCase):
    """A coroutine that follows leaves thread and event loop to others."""

    async def append_async(self, *numbers: int) -> list[StoredEvent]:
        events = [EventData("Counted", {"number": number}) for number in numbers]
        return await self.store.aappend(self.stream, events)

    async def take(
        self, events: AsyncIterator[StoredEvent], count: int
    ) -> list[StoredEvent]:
        async with asyncio.timeout(PATIENCE):
            return [await anext(events) for _ in range(count)]

    async def test_awaited_followers_get_what_is_there_and_what_comes(self) -> None:
        start = (await self.append_async(0))[0].position
        followers = (
            self.store.aread_stream(self.stream, follow=True),
            self.store.aread_category(self.stream, follow=True),
            self.store.aread_all(start, follow=True),
        )
        for events in followers:
            self.assert_numbers(await self.take(events, 1), 0)
        # All wait now, and this goes through the thread that they share.
        waiting = [asyncio.create_task(self.take(e, 2)) for e in followers]
        await asyncio.sleep(0.1)
        await self.append_async(1, 2)
        for task in waiting:
            self.assert_numbers(await task, 1, 2)
        for events in followers:
            await events.aclose()  # type: ignore[attr-defined]
        self.assertNotIn(self.stream, self.store.waiters.topics())

    async def test_awaited_follower_ends_at_its_limit(self) -> None:
        await self.append_async(0, 1, 2)
        events = self.store.aread_stream(self.stream, 1, limit=2, follow=True)
        self.assert_numbers([event async for event in events], 1, 2)

    async def test_cancelled_follower_waits_no_more(self) -> None:
        received: asyncio.Queue[StoredEvent] = asyncio.Queue()

        async def follow() -> None:
            async for event in self.store.aread_stream(self.stream, follow=True):
                await received.put(event)

        task = asyncio.create_task(follow())
        await self.append_async(0)
        async with asyncio.timeout(PATIENCE):
            await received.get()
        task.cancel()
        with self.assertRaises(asyncio.CancelledError):
            await task
        await self.append_async(1)
        self.assertTrue(received.empty())
        self.assertNotIn(self.stream, self.store.waiters.topics())

    async def test_awaited_follower_refuses_bad_arguments_at_the_call(self) -> None:
        with self.assertRaises(InvalidValue):
            self.store.aread_stream(self.stream, backwards=True, follow=True)
