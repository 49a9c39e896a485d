"""Appends that a block collects and writes last."""

from asgiref.sync import async_to_sync, sync_to_async

from eventstreaming.events.correlation import correlation_scope
from eventstreaming.exceptions import (
    DeferredAppendsEnded,
    InvalidValue,
    WrongExpectedVersion,
)
from eventstreaming.testing.contract.case import ContractCase
from eventstreaming.types import NO_STREAM, EventData


def counted(number: int) -> EventData:
    return EventData("Counted", {"number": number})


class DeferringContract(ContractCase):
    """All of the block at its end, or nothing of it."""

    def test_deferred_appends_are_written_at_the_end_of_the_block(self) -> None:
        other = self.new_name()
        with self.store.deferred_appends() as later:
            later.append(self.stream, counted(1))
            later.append(other, [counted(2), counted(3)], key="key")
            later.append(self.stream, counted(4), metadata={"why": "test"})
            self.append_numbers(0)
            self.assert_numbers(self.store.read_stream(self.stream), 0)
        *_, last = events = list(self.store.read_stream(self.stream))
        self.assert_numbers(events, 0, 1, 4)
        self.assertEqual(last.metadata, {"why": "test"})
        self.assertEqual([event.offset for event in events], [0, 1, 2])
        self.assertEqual({e.key for e in self.store.read_stream(other)}, {"key"})

    def test_deferred_streams_are_written_in_name_order(self) -> None:
        names = [f"{self.stream}-{letter}" for letter in "cab"]
        with self.store.deferred_appends() as later:
            for name in names:
                later.append(name, counted(1))
        positions = [next(self.store.read_stream(n)).position for n in sorted(names)]
        self.assertEqual(positions, sorted(positions))

    def test_block_that_raises_writes_nothing(self) -> None:
        with (
            self.assertRaises(ZeroDivisionError),
            self.store.deferred_appends() as later,
        ):
            later.append(self.stream, counted(1))
            raise ZeroDivisionError
        self.assertFalse(self.store.stream_info(self.stream).exists)

    def test_block_rolls_back_what_else_it_wrote(self) -> None:
        self.requires("supports_transactions")
        with (
            self.assertRaises(WrongExpectedVersion) as caught,
            self.store.deferred_appends() as later,
        ):
            later.append(self.stream, counted(1), expected_version=5)
            self.append_numbers(0, stream=f"{self.stream}-other")
        self.assertEqual(caught.exception.actual, NO_STREAM)
        self.assertFalse(self.store.stream_info(f"{self.stream}-other").exists)

    def test_bad_input_is_refused_at_the_call(self) -> None:
        with self.store.deferred_appends() as later:
            with self.assertRaises(InvalidValue):
                later.append(self.stream, EventData("Counted", float("nan")))
            with self.assertRaises(InvalidValue):
                later.append("$no", counted(1))
            later.append(self.stream, [])
            later.append(self.stream, counted(1))
        self.assert_numbers(self.store.read_stream(self.stream), 1)

    def test_expected_versions_count_the_events_of_the_block(self) -> None:
        with self.store.deferred_appends() as later:
            later.append(self.stream, counted(1), expected_version=NO_STREAM)
            later.append(self.stream, counted(2))
            later.append(self.stream, counted(3), expected_version=1)
        self.assert_numbers(self.store.read_stream(self.stream), 1, 2, 3)

    def test_each_deferred_append_keeps_its_correlation(self) -> None:
        with self.store.deferred_appends() as later:
            with correlation_scope("first"):
                later.append(self.stream, counted(1))
            with correlation_scope("second"):
                later.append(self.stream, [counted(2), counted(3)])
        stored = self.store.read_stream(self.stream)
        self.assertEqual(
            [event.correlation_id for event in stored], ["first", "second", "second"]
        )

    def test_inner_block_is_written_by_the_outermost(self) -> None:
        with self.store.deferred_appends() as later:
            later.append(self.stream, counted(1))
            with self.store.deferred_appends() as inner:
                inner.append(self.stream, counted(2))
            self.assertFalse(self.store.stream_info(self.stream).exists)
            later.append(self.stream, counted(3))
        self.assert_numbers(self.store.read_stream(self.stream), 1, 2, 3)

    def test_inner_block_that_raises_hands_nothing_on(self) -> None:
        with self.store.deferred_appends() as later:
            later.append(self.stream, counted(1))
            with (
                self.assertRaises(ZeroDivisionError),
                self.store.deferred_appends() as inner,
            ):
                inner.append(self.stream, counted(2))
                raise ZeroDivisionError
        self.assert_numbers(self.store.read_stream(self.stream), 1)

    def test_append_after_the_block_is_refused(self) -> None:
        with self.store.deferred_appends() as later:
            pass
        with self.assertRaises(DeferredAppendsEnded) as caught:
            later.append(self.stream, counted(1))
        self.assertEqual(caught.exception.stream_name, self.stream)
        with self.store.deferred_appends() as later:
            later.append(self.stream, counted(2))
        self.assert_numbers(self.store.read_stream(self.stream), 2)

    def test_deferred_appends_are_rolled_back_with_the_caller(self) -> None:
        self.requires("supports_transactions")
        with self.assertRaises(ZeroDivisionError), self.atomic():
            with self.store.deferred_appends() as later:
                later.append(self.stream, counted(1))
            self.assertTrue(self.store.stream_info(self.stream).exists)
            raise ZeroDivisionError
        self.assertFalse(self.store.stream_info(self.stream).exists)

    def test_async_block_does_the_same(self) -> None:
        def nested() -> None:
            with self.store.deferred_appends() as inner:
                inner.append(self.stream, counted(2))

        async def work(*, fail: bool) -> None:
            async with self.store.adeferred_appends() as later:
                later.append(self.stream, counted(1))
                await sync_to_async(nested)()
                info = await self.store.astream_info(self.stream)
                self.assertFalse(info.exists)
                if fail:
                    raise ZeroDivisionError

        with self.assertRaises(ZeroDivisionError):
            async_to_sync(work)(fail=True)
        async_to_sync(work)(fail=False)
        self.assert_numbers(self.store.read_stream(self.stream), 1, 2)
