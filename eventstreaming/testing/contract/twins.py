"""The async twins: the same answers to coroutines."""

import asyncio

from eventstreaming.exceptions import InvalidValue, LeaseLost, WrongExpectedVersion
from eventstreaming.testing.contract.case import LONG, PATIENCE, ContractCase
from eventstreaming.types import NO_STREAM, EventData, Message, StoredEvent


class TwinContract(ContractCase):
    """Each operation can be awaited."""

    async def lease_async(self) -> Message:
        message = await self.store.adequeue(self.queue, LONG)
        if message is None:
            self.fail("no message is ready")
        return message

    async def enqueue_async(self, *numbers: int) -> list[str]:
        messages = [{"number": number} for number in numbers]
        return list(await self.store.aenqueue_many(self.queue, messages))

    async def test_events_are_appended_and_read(self) -> None:
        self.assertTrue(await self.store.acreate_stream(self.stream))
        written = await self.store.aappend(
            self.stream,
            [EventData("Counted", {"number": n}) for n in range(5)],
            expected_version=NO_STREAM,
        )
        read: list[StoredEvent] = [
            event
            async for event in self.store.aread_stream(self.stream, 1, batch_size=2)
        ]
        self.assertEqual(read, written[1:])
        read = [event async for event in self.store.aread_category(self.stream)]
        self.assertEqual(read, written)
        start = written[0].position
        read = [event async for event in self.store.aread_all(start, limit=2)]
        self.assertEqual(read, written[:2])
        info = await self.store.astream_info(self.stream)
        self.assertEqual(info.last_offset, 4)

    async def test_errors_are_raised_to_the_awaiter(self) -> None:
        event = EventData("Noted", {})
        await self.store.aappend(self.stream, event)
        with self.assertRaises(WrongExpectedVersion):
            await self.store.aappend(self.stream, event, expected_version=NO_STREAM)
        with self.assertRaises(InvalidValue):
            await self.store.aappend("no name", event)

    async def test_reader_refuses_bad_arguments_at_the_call(self) -> None:
        with self.assertRaises(InvalidValue):
            self.store.aread_stream(self.stream, -1)
        with self.assertRaises(InvalidValue):
            self.store.aread_category("a-b")
        with self.assertRaises(InvalidValue):
            self.store.aread_all(limit=-1)

    async def test_message_is_leased_and_acknowledged(self) -> None:
        number = await self.store.aenqueue(self.queue, {"number": 1})
        message = await self.lease_async()
        self.assertEqual((message.message_id, message.data), (number, {"number": 1}))
        self.assertIsNone(await self.store.adequeue(self.queue))
        self.assertGreater(await message.aextend(2 * LONG), message.visible_until)
        await message.aacknowledge()
        with self.assertRaises(LeaseLost):
            await message.aacknowledge()
        self.assertEqual((await self.store.aqueue_info(self.queue)).depth, 0)

    async def test_store_decides_about_messages(self) -> None:
        await self.enqueue_async(1, 2, 3)
        one, two, three = await self.store.adequeue_many(self.queue, 3, LONG)
        self.assertTrue(await self.store.aacknowledge(self.queue, one.message_id))
        lost = await self.store.aacknowledge_many(self.queue, [one, two])
        self.assertEqual(lost, [one])
        until = await self.store.aextend_visibility(
            self.queue, three.message_id, 2 * LONG, receipt=three.receipt
        )
        self.assertGreater(until, three.visible_until)
        self.assertTrue(await self.store.anack(self.queue, three.message_id, delay=0))
        popped = await self.store.apop(self.queue)
        self.assertEqual(popped and popped.message_id, three.message_id)

    async def test_failed_message_dies_and_is_sent_back(self) -> None:
        (number,) = await self.enqueue_async(1)
        message = await self.lease_async()
        self.assertTrue(await message.anack(delay=0, error="once"))
        message = await self.lease_async()
        self.assertFalse(await message.anack(error="twice", dead_letter=True))
        (letter,) = await self.store.adead_letters(self.queue)
        self.assertEqual((letter.message_id, letter.error), (number, "twice"))
        self.assertEqual(await self.store.aredrive(self.queue), 1)
        self.assertEqual(await self.store.apurge(self.queue), 1)

    async def test_awaited_atomic_acknowledges_at_its_end(self) -> None:
        await self.enqueue_async(1)
        message = await self.lease_async()
        async with message.aatomic():
            await self.store.aappend(self.stream, EventData("Noted", {}))
        self.assertEqual((await self.store.aqueue_info(self.queue)).depth, 0)
        self.assertEqual((await self.store.astream_info(self.stream)).length, 1)

    async def test_awaited_atomic_that_raises_keeps_the_lease(self) -> None:
        await self.enqueue_async(1)
        message = await self.lease_async()
        with self.assertRaises(ZeroDivisionError):
            async with message.aatomic():
                await self.store.aappend(self.stream, EventData("Noted", {}))
                raise ZeroDivisionError
        if self.store.supports_transactions:
            info = await self.store.astream_info(self.stream)
            self.assertFalse(info.exists)
        await message.aacknowledge()

    async def test_wait_lets_other_coroutines_go_on(self) -> None:
        waiting = asyncio.create_task(self.store.adequeue(self.queue, wait=PATIENCE))
        (number,) = await self.enqueue_async(1)
        message = await waiting
        self.assertEqual(message and message.message_id, number)
