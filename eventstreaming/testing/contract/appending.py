"""Appending: what an event is given, and what comes back."""

from datetime import timedelta
from uuid import UUID

from eventstreaming.events.correlation import correlation_scope
from eventstreaming.exceptions import InvalidArgument, InvalidValue
from eventstreaming.testing.contract.case import ContractCase
from eventstreaming.testing.contract.samples import (
    ORDER_PLACED,
    PAYMENT_TAKEN,
    Basket,
    OrderPlaced,
)
from eventstreaming.types import JSON, EventData, StoredEvent


class AppendingContract(ContractCase):
    """Appends are ordered, all or none, and come back exactly."""

    def test_offsets_of_a_stream_have_no_gaps(self) -> None:
        first = self.append_numbers(1, 2)
        self.append_numbers(3, stream=self.new_name())
        second = self.append_numbers(4, 5)
        self.assertEqual([e.offset for e in first + second], [0, 1, 2, 3])

    def test_positions_grow_over_all_streams(self) -> None:
        events = [
            *self.append_numbers(1, 2),
            *self.append_numbers(3, stream=self.new_name()),
            *self.append_numbers(4),
        ]
        positions = [event.position for event in events]
        self.assertEqual(positions, sorted(set(positions)))
        self.assertGreaterEqual(positions[0], 1)

    def test_append_returns_what_is_read_later(self) -> None:
        written = self.store.append(
            self.stream,
            [ORDER_PLACED, EventData("Noted", {"text": "ö", "at": [1, 2.5, None]})],
            key="customer-1",
            metadata={"ip": "::1"},
            correlation_id="story",
            causation_id="click",
        )
        self.assertEqual(list(self.store.read_stream(self.stream)), written)

    def test_one_append_takes_a_mix_of_types(self) -> None:
        events = self.store.append(
            self.stream, [ORDER_PLACED, PAYMENT_TAKEN, EventData("Noted", {"n": 1})]
        )
        self.assertEqual(
            [(event.event_type, event.schema_version) for event in events],
            [("contract.OrderPlaced", 1), ("contract.PaymentTaken", 3), ("Noted", 1)],
        )

    def test_single_event_is_taken_without_a_list(self) -> None:
        self.store.append(self.stream, ORDER_PLACED)
        self.store.append(self.stream, EventData("Noted", {}))
        self.store.append(self.stream, PAYMENT_TAKEN)
        self.assertEqual(len(list(self.store.read_stream(self.stream))), 3)

    def test_record_that_can_be_iterated_over_is_one_event(self) -> None:
        (event,) = self.store.append(self.stream, Basket(["a", "b"]))
        self.assertEqual(event.payload, Basket(["a", "b"]))

    def test_any_iterable_of_events_is_taken(self) -> None:
        numbers = (EventData("Counted", {"number": n}) for n in range(3))
        self.store.append(self.stream, numbers)
        self.store.append(self.stream, (EventData("Counted", {"number": 3}),))
        self.assert_numbers(self.store.read_stream(self.stream), 0, 1, 2, 3)

    def test_large_append_keeps_its_order(self) -> None:
        self.append_numbers(*range(2_000))
        self.assert_numbers(self.store.read_stream(self.stream), *range(2_000))

    def test_append_of_nothing_does_nothing(self) -> None:
        self.assertEqual(self.store.append(self.stream, []), [])
        self.assertEqual(self.store.append(self.stream, [], expected_version=7), [])
        self.assertFalse(self.store.stream_info(self.stream).exists)

    def test_one_bad_event_keeps_all_out(self) -> None:
        events = [ORDER_PLACED, EventData("Noted", {"n": float("nan")}), PAYMENT_TAKEN]
        with self.assertRaises(InvalidArgument) as caught:
            self.store.append(self.stream, events)
        self.assertEqual(caught.exception.field, "events[1].data['n']")
        self.assertFalse(self.store.stream_info(self.stream).exists)

    def test_payload_comes_back_exactly(self) -> None:
        self.store.append(self.stream, [ORDER_PLACED, PAYMENT_TAKEN])
        events = list(self.store.read_stream(self.stream))
        self.assertEqual([e.payload for e in events], [ORDER_PLACED, PAYMENT_TAKEN])
        payload: OrderPlaced = events[0].payload
        self.assertEqual(payload.placed_at.utcoffset(), timedelta(hours=2))
        self.assertEqual(str(payload.lines[0].price), "11.50")

    def test_data_comes_back_as_jsonb_keeps_it(self) -> None:
        data = {
            "long": -0.0,
            "b": 1e22,
            "a": [1.5, True, None, "", '☃\u2028\\"', 2**63 - 1, -(2**63)],
            "nested": {"zz": 1, "y": {}},
            "small": 1e-7,
            "whole": 10.0,
        }
        self.store.append(self.stream, EventData("Noted", data))
        (event,) = self.store.read_stream(self.stream)
        self.assertEqual(event.data, data)
        self.assertEqual(
            list(event.data), ["a", "b", "long", "small", "whole", "nested"]
        )
        self.assertEqual(list(event.data["nested"]), ["y", "zz"])
        self.assertEqual(repr(event.data["long"]), "0.0")
        self.assertEqual(repr(event.data["b"]), str(10**22))
        self.assertEqual(repr(event.data["whole"]), "10.0")

    def test_event_data_may_be_any_json_value(self) -> None:
        values: list[JSON] = [None, True, 7, 2.5, "text", [1, [2]], {}]
        self.store.append(self.stream, [EventData("Noted", value) for value in values])
        events = self.store.read_stream(self.stream)
        self.assertEqual([event.data for event in events], values)

    def test_numbers_come_back_as_append_returned_them(self) -> None:
        numbers = [
            *(0.1, -1e-300, 5e-324, 1.7976931348623157e308, 123456789012345.67),
            *(9999999999999998.0, 1e16, 12345678901234567890.0, -1e21, 1e-5),
            *(1.0, 100000.0, 2**53 + 1, 0, -1),
        ]
        (written,) = self.store.append(self.stream, EventData("Noted", numbers))
        (read,) = self.store.read_stream(self.stream)
        self.assertEqual([float(n) for n in written.data], [float(n) for n in numbers])
        self.assertEqual(repr(read.data), repr(written.data))

    def test_event_data_sets_what_it_names(self) -> None:
        event_id = UUID(int=self.fresh_integer())
        (event,) = self.store.append(
            self.stream,
            EventData(
                "Noted",
                {"n": 1},
                metadata={"source": "import"},
                key="own",
                schema_version=4,
                event_id=event_id,
            ),
        )
        self.assertEqual(
            (event.event_id, event.schema_version, event.key, event.metadata),
            (event_id, 4, "own", {"source": "import"}),
        )

    def test_event_id_of_another_event_is_refused(self) -> None:
        (known,) = self.append_numbers(1)
        again = EventData("Noted", {}, event_id=known.event_id)
        other = self.new_name()
        for stream in (self.stream, other):
            with self.assertRaises(InvalidValue) as caught:
                self.store.append(stream, [EventData("Noted", {}), again])
            self.assertEqual(caught.exception.field, "event_id")
        self.assertFalse(self.store.stream_info(other).exists)
        self.assertEqual(self.store.stream_info(self.stream).length, 1)

    def test_what_an_event_names_goes_before_what_the_append_names(self) -> None:
        own = EventData("Noted", {}, key="own", metadata={"a": 1, "b": 1})
        events = self.store.append(
            self.stream,
            [own, EventData("Noted", {})],
            key="shared",
            metadata={"b": 2, "c": 2},
        )
        self.assertEqual([event.key for event in events], ["own", "shared"])
        self.assertEqual(
            [event.metadata for event in events],
            [{"a": 1, "b": 1, "c": 2}, {"b": 2, "c": 2}],
        )

    def test_event_ids_are_new_and_sortable(self) -> None:
        ids = [event.event_id for event in self.append_numbers(*range(20))]
        self.assertEqual(ids, sorted(set(ids)))
        self.assertEqual({event_id.version for event_id in ids}, {7})

    def test_timestamps_are_aware_and_never_fall(self) -> None:
        events = [*self.append_numbers(1, 2), *self.append_numbers(3)]
        times = [event.timestamp for event in events]
        self.assertEqual(times, sorted(times))
        self.assertEqual(times[0], times[1])
        self.assertTrue(all(time.utcoffset() is not None for time in times))

    def test_correlation_scope_gives_its_ids(self) -> None:
        with correlation_scope("story", causation_id="click"):
            (inside,) = self.append_numbers(1)
            (given,) = self.store.append(
                self.stream, EventData("Noted", {}), correlation_id="other"
            )
        (outside,) = self.append_numbers(2)
        self.assertEqual(self.ids_of(inside), ("story", "click"))
        self.assertEqual(self.ids_of(given), ("other", "click"))
        self.assertEqual(self.ids_of(outside), (None, None))

    def test_nobody_changes_a_stored_event(self) -> None:
        data = {"list": [1]}
        metadata = {"list": [1]}
        written = self.store.append(
            self.stream, EventData("Noted", data), metadata=metadata
        )
        first_read = list(self.store.read_stream(self.stream))
        for changeable in (data, metadata, *self.parts_of(written + first_read)):
            changeable["list"].append(2)
            changeable["more"] = [3]
        (event,) = self.store.read_stream(self.stream)
        self.assertEqual((event.data, event.metadata), ({"list": [1]}, {"list": [1]}))

    def parts_of(self, events: list[StoredEvent]) -> list[dict[str, list[int]]]:
        return [part for event in events for part in (event.data, event.metadata)]

    def ids_of(self, event: StoredEvent) -> tuple[str | None, str | None]:
        return event.correlation_id, event.causation_id

    def fresh_integer(self) -> int:
        return int(self.new_name().partition(":")[2], 16)
