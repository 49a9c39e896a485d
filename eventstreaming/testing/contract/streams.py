"""What is known about a stream, and creating one before its first event."""

from eventstreaming.exceptions import UnsupportedOperation
from eventstreaming.testing.contract.case import ContractCase
from eventstreaming.testing.contract.samples import Label, Number
from eventstreaming.types import EventData, StreamInfo


class StreamContract(ContractCase):
    """A stream appears on its first append, or when it is created."""

    def test_info_of_an_unknown_stream(self) -> None:
        self.assertEqual(
            self.store.stream_info(self.stream),
            StreamInfo(self.stream, False, False, 0, -1, 0, None, None),
        )

    def test_info_of_a_stream_with_events(self) -> None:
        first = self.append_numbers(1, 2)[0]
        last = self.append_numbers(3)[0]
        self.assertEqual(
            self.store.stream_info(self.stream),
            StreamInfo(
                self.stream, True, False, 0, 2, 3, first.timestamp, last.timestamp
            ),
        )

    def test_created_stream_is_there_and_empty(self) -> None:
        self.assertIs(self.store.create_stream(self.stream), True)
        self.assertEqual(
            self.store.stream_info(self.stream),
            StreamInfo(self.stream, True, False, 0, -1, 0, None, None),
        )

    def test_stream_is_created_once(self) -> None:
        self.store.create_stream(self.stream)
        self.assertIs(self.store.create_stream(self.stream), False)
        other = self.new_name()
        self.append_numbers(1, stream=other)
        self.assertIs(self.store.create_stream(other), False)
        self.assertEqual(self.store.stream_info(other).length, 1)

    def test_created_stream_begins_at_offset_0(self) -> None:
        self.store.create_stream(self.stream)
        (event,) = self.append_numbers(1)
        self.assertEqual(event.offset, 0)

    def test_names_and_numbers_may_be_members_of_an_enum(self) -> None:
        name, number = Label(self.stream), Number.ONE
        self.store.append(name, [EventData("Noted", {})] * 3, key=name)
        self.store.enqueue(name, {}, priority=number)
        (event,) = self.store.read_stream(self.stream, number, limit=number)
        self.assertEqual((event.stream_name, event.offset), (self.stream, 1))
        self.assertIs(type(event.stream_name), str)
        self.assertEqual(event.key, self.stream)
        (message,) = self.store.dequeue_many(self.stream, number)
        self.assertEqual(message.priority, 1)

    def test_concurrent_stream_is_refused_where_it_is_not_supported(self) -> None:
        self.requires_lack_of("supports_concurrent_streams")
        with self.assertRaises(UnsupportedOperation):
            self.store.create_stream(self.stream, concurrent=True)
        self.assertFalse(self.store.stream_info(self.stream).exists)

    def test_idempotency_key_is_refused_where_it_is_not_supported(self) -> None:
        self.requires_lack_of("supports_idempotency")
        with self.assertRaises(UnsupportedOperation):
            self.store.append(
                self.stream, EventData("Noted", {}), idempotency_key="once"
            )
        self.assertFalse(self.store.stream_info(self.stream).exists)
