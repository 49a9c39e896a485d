"""Concurrent streams: no lock, offsets that are positions, no expected version."""

from contextlib import nullcontext

from eventstreaming.exceptions import EventsTruncated, StreamKindConflict
from eventstreaming.testing.contract.case import ContractCase
from eventstreaming.types import NO_STREAM, STREAM_EXISTS, Append, EventData

_MANY = 300  # a store may write so many in another way


class ConcurrentStreamContract(ContractCase):
    """A kind of stream for those that many append to at the same time."""

    def create(self) -> None:
        """Create a concurrent stream, if the store has them."""
        self.requires("supports_concurrent_streams")
        self.assertTrue(self.store.create_stream(self.stream, concurrent=True))

    def test_offsets_of_a_concurrent_stream_are_positions(self) -> None:
        self.create()
        self.append_numbers(0, stream=self.new_name())
        written = [
            *self.append_numbers(1),
            *self.append_numbers(2, 3),
            *self.append_numbers(*range(4, 4 + _MANY)),
        ]
        self.assertEqual(
            [event.offset for event in written], [event.position for event in written]
        )
        self.assertEqual(written, sorted(written, key=lambda event: event.offset))
        self.assertEqual(list(self.store.read_stream(self.stream)), written)

    def test_info_of_a_concurrent_stream(self) -> None:
        self.create()
        empty = self.store.stream_info(self.stream)
        self.assertTrue(empty.concurrent)
        self.assertEqual((empty.last_offset, empty.length), (-1, None))
        first, last = self.append_numbers(1, 2)
        info = self.store.stream_info(self.stream)
        self.assertTrue(info.exists)
        self.assertEqual((info.last_offset, info.length), (last.offset, None))
        self.assertEqual(info.first_timestamp, first.timestamp)
        self.assertEqual(info.last_timestamp, last.timestamp)

    def test_concurrent_stream_takes_no_expected_version(self) -> None:
        self.create()
        transactions = self.store.supports_transactions
        for count in (1, 2, _MANY):
            for expected in (0, 7, NO_STREAM, STREAM_EXISTS):
                events = [EventData("Counted", {"number": 0})] * count
                with (
                    self.subTest(expected=expected, count=count),
                    self.atomic() if transactions else nullcontext(),
                ):
                    with self.assertRaises(StreamKindConflict) as caught:
                        self.store.append(
                            self.stream, events, expected_version=expected
                        )
                    self.assertEqual(caught.exception.stream_name, self.stream)
                    self.append_numbers(count)
        self.assertEqual(len(list(self.store.read_stream(self.stream))), 12)

    def test_kind_of_a_stream_never_changes(self) -> None:
        self.create()
        with self.assertRaises(StreamKindConflict):
            self.store.create_stream(self.stream, concurrent=False)
        self.assertIs(self.store.create_stream(self.stream, concurrent=True), False)
        self.assertIs(self.store.create_stream(self.stream), False)
        serial = self.new_name()
        self.append_numbers(1, stream=serial)
        with self.assertRaises(StreamKindConflict):
            self.store.create_stream(serial, concurrent=True)
        self.assertIs(self.store.create_stream(serial), False)

    def test_new_stream_is_of_the_configured_kind(self) -> None:
        self.requires("supports_concurrent_streams")
        prefix = f"{self.new_name()}:"
        self.store.configure_stream(f"{prefix}*", concurrent=True)
        self.store.configure_stream(f"{prefix}serial", concurrent=False)
        self.store.create_stream(f"{prefix}created")
        for name, concurrent in (
            ("created", True),
            ("appended", True),
            ("serial", False),
        ):
            with self.subTest(name=name):
                self.append_numbers(1, stream=f"{prefix}{name}")
                info = self.store.stream_info(f"{prefix}{name}")
                self.assertIs(info.concurrent, concurrent)
        with self.assertRaises(StreamKindConflict):
            self.store.append(
                f"{prefix}refused", EventData("Noted", {}), expected_version=NO_STREAM
            )
        self.assertFalse(self.store.stream_info(f"{prefix}refused").exists)

    def test_append_many_takes_both_kinds(self) -> None:
        self.create()
        serial = self.new_name()
        event = EventData("Counted", {"number": 1})
        first, second, third = self.store.append_many(
            [
                Append(self.stream, event),
                Append(serial, event),
                Append(self.stream, event),
            ]
        )
        self.assertEqual(second[0].offset, 0)
        self.assertEqual(list(self.store.read_stream(self.stream)), [*first, *third])

    def test_concurrent_stream_is_read_like_any_other(self) -> None:
        self.create()
        events = []
        for number in range(7):
            events += self.append_numbers(number)
            self.append_numbers(0, stream=self.new_name())
        read, offsets = self.store.read_stream, [event.offset for event in events]
        self.assertEqual(list(read(self.stream, batch_size=2)), events)
        self.assertEqual(
            list(read(self.stream, backwards=True, batch_size=3)), events[::-1]
        )
        self.assertEqual(list(read(self.stream, offsets[2] + 1)), events[3:])
        self.assertEqual(
            list(read(self.stream, offsets[1], to_offset=offsets[4])), events[1:5]
        )
        self.assertEqual(list(read(self.stream, limit=2)), events[:2])
        self.assertEqual(list(read(self.stream, event_types=["Other"])), [])
        self.assertEqual(list(read(self.stream, offsets[-1] + 1)), [])

    def test_concurrent_stream_can_be_truncated(self) -> None:
        self.requires("supports_truncation")
        self.create()
        _, second, third = self.append_numbers(1, 2, 3)
        self.store.truncate_stream(self.stream, third.offset)
        self.assertEqual(list(self.store.read_stream(self.stream)), [third])
        with self.assertRaises(EventsTruncated):
            list(self.store.read_stream(self.stream, second.offset))
        self.store.truncate_stream(self.stream, third.offset + 1)
        info = self.store.stream_info(self.stream)
        self.assertEqual(
            (info.first_offset, info.last_offset), (third.offset + 1, third.offset)
        )
        (next_one,) = self.append_numbers(4)
        self.assertGreater(next_one.offset, third.offset)

    def test_appends_to_a_concurrent_stream_do_not_wait(self) -> None:
        self.requires("supports_transactions")
        self.requires("supports_concurrent_writers")
        self.create()
        with self.atomic():
            (slow,) = self.append_numbers(1)
            (fast,) = self.in_thread(
                lambda store: store.append(
                    self.stream, EventData("Counted", {"number": 2})
                )
            )
        self.assertEqual(list(self.store.read_stream(self.stream)), [slow, fast])

    def test_checkpoint_in_a_concurrent_stream(self) -> None:
        self.create()
        events = self.append_numbers(1, 2, 3)
        (elsewhere,) = self.append_numbers(4, stream=self.new_name())
        found, looked_at = self.store.next_in_stream(self.stream, -1, 10, None)
        self.assertEqual(list(found), events)
        self.assertGreaterEqual(looked_at, elsewhere.position)
        found, _ = self.store.next_in_stream(self.stream, events[0].offset, 1, None)
        self.assertEqual(list(found), events[1:2])
