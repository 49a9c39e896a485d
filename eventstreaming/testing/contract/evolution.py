"""Event types that were renamed, changed, or that nobody knows any more."""

from dataclasses import dataclass

from eventstreaming.events.registry import event, upcaster
from eventstreaming.exceptions import InvalidPayload, UnknownEventType
from eventstreaming.testing.contract.case import ContractCase
from eventstreaming.types import JSON, EventData


@event(name="contract.Shipped", version=3, aliases=["contract.Sent", "contract.Mailed"])
@dataclass(frozen=True)
class Shipped:
    number: int
    carrier: str
    express: bool


@upcaster("contract.Sent", from_version=1)
def add_carrier(data: dict[str, JSON]) -> dict[str, JSON]:
    """Was written when the type had its old name."""
    return {**data, "carrier": "unknown"}


@upcaster("contract.Shipped", from_version=1)
def add_first_carrier(data: dict[str, JSON]) -> dict[str, JSON]:
    return {**data, "carrier": "first"}


@upcaster("contract.Shipped", from_version=2)
def add_express(data: dict[str, JSON]) -> dict[str, JSON]:
    return {**data, "express": False}


class EvolutionContract(ContractCase):
    """Stored events never change; what they are read as does."""

    def write_history(self) -> None:
        """Append events as processes of three ages have written them."""
        self.store.append(
            self.stream,
            [
                EventData("contract.Sent", {"number": 1}, schema_version=1),
                EventData(
                    "contract.Mailed", {"number": 2, "carrier": "x"}, schema_version=2
                ),
                EventData("contract.Other", {}),
                Shipped(3, "y", True),
            ],
        )

    def test_renamed_type_is_read_as_the_present_class(self) -> None:
        self.write_history()
        payloads = [
            stored.payload
            for stored in self.store.read_stream(self.stream)
            if stored.event_type != "contract.Other"
        ]
        self.assertEqual(
            payloads,
            [
                Shipped(1, "unknown", False),
                Shipped(2, "x", False),
                Shipped(3, "y", True),
            ],
        )

    def test_renamed_event_keeps_its_stored_name(self) -> None:
        self.write_history()
        names = [stored.event_type for stored in self.store.read_stream(self.stream)]
        expected = ["Sent", "Mailed", "Other", "Shipped"]
        self.assertEqual(names, [f"contract.{name}" for name in expected])

    def test_reader_of_a_type_gets_what_was_stored_under_its_old_names(self) -> None:
        self.write_history()
        types = ["contract.Shipped"]
        readers = (
            self.store.read_stream(self.stream, event_types=types),
            self.store.read_category(self.stream, event_types=types),
        )
        for reader in readers:
            self.assertEqual([stored.offset for stored in reader], [0, 1, 3])
        old = self.store.read_stream(self.stream, event_types=["contract.Sent"])
        self.assertEqual([stored.offset for stored in old], [0])

    def test_unknown_type_says_where_it_lies(self) -> None:
        self.write_history()
        (stored,) = self.store.read_stream(self.stream, 2, limit=1)
        self.assertEqual(stored.data, {})
        with self.assertRaises(UnknownEventType) as caught:
            _ = stored.payload
        error = caught.exception
        self.assertEqual((error.stream_name, error.offset), (self.stream, 2))
        self.assertEqual(error.type_name, "contract.Other")

    def test_data_that_does_not_fit_says_where_it_lies(self) -> None:
        bad = EventData("contract.Shipped", {"number": "x"}, schema_version=3)
        self.store.append(self.stream, bad)
        (stored,) = self.store.read_stream(self.stream)
        with self.assertRaises(InvalidPayload) as caught:
            _ = stored.payload
        error = caught.exception
        self.assertEqual((error.stream_name, error.offset), (self.stream, 0))
        self.assertIsNone(error.message_id)

    def test_unreadable_message_says_which_it_is(self) -> None:
        number = self.store.enqueue(self.queue, EventData("contract.Other", {}))
        message = self.lease()
        with self.assertRaises(UnknownEventType) as caught:
            _ = message.payload
        error = caught.exception
        self.assertEqual((error.stream_name, error.message_id), (self.queue, number))
        self.assertIsNone(error.offset)
