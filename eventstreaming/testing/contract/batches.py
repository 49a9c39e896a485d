"""Appending to several streams at once: all or none."""

from uuid import uuid4

from eventstreaming.exceptions import (
    InvalidArgument,
    InvalidType,
    InvalidValue,
    WrongExpectedVersion,
)
from eventstreaming.testing.contract.case import ContractCase
from eventstreaming.types import NO_STREAM, STREAM_EXISTS, Append, EventData


def numbers(*values: int) -> list[EventData]:
    return [EventData("Counted", {"number": value}) for value in values]


class BatchContract(ContractCase):
    """append_many() writes to every stream, or to none."""

    def setUp(self) -> None:
        super().setUp()
        self.first, self.second = f"{self.stream}-1", f"{self.stream}-2"

    def assert_nothing_written(self) -> None:
        self.assertFalse(self.store.stream_info(self.first).exists)
        self.assertFalse(self.store.stream_info(self.second).exists)
        self.assertEqual(list(self.store.read_category(self.stream)), [])

    def test_results_come_in_the_order_given(self) -> None:
        results = self.store.append_many(
            [
                Append(self.second, numbers(1, 2)),
                Append(self.first, numbers(3)),
            ]
        )
        self.assertEqual(
            [[event.data["number"] for event in events] for events in results],
            [[1, 2], [3]],
        )
        positions = [event.position for events in results for event in events]
        self.assertEqual(len(set(positions)), 3)
        read = list(self.store.read_category(self.stream))
        self.assertEqual([event.position for event in read], sorted(positions))
        self.assertEqual(list(self.store.read_stream(self.second)), results[0])
        self.assertEqual(list(self.store.read_stream(self.first)), results[1])

    def test_stream_may_stand_there_twice(self) -> None:
        results = self.store.append_many(
            [
                Append(self.first, numbers(1), expected_version=NO_STREAM),
                Append(self.second, numbers(2)),
                Append(self.first, numbers(3), expected_version=0),
                Append(self.first, numbers(4), expected_version=STREAM_EXISTS),
            ]
        )
        self.assertEqual([e.offset for events in results for e in events], [0, 0, 1, 2])
        self.assert_numbers(self.store.read_stream(self.first), 1, 3, 4)

    def test_conflict_of_one_keeps_all_out(self) -> None:
        for order in (1, -1):
            with self.assertRaises(WrongExpectedVersion) as caught:
                self.store.append_many(
                    [
                        Append(self.first, numbers(1)),
                        Append(self.second, numbers(2), expected_version=7),
                    ][::order]
                )
            self.assertEqual(caught.exception.stream_name, self.second)
            self.assertEqual(caught.exception.actual, NO_STREAM)
        with self.assertRaises(WrongExpectedVersion) as caught:
            self.store.append_many([Append(self.first, numbers(1), NO_STREAM)] * 2)
        self.assertEqual(caught.exception.actual, 0)
        self.assert_nothing_written()

    def test_bad_input_of_one_keeps_all_out(self) -> None:
        good = Append(self.first, numbers(1))
        for bad in (
            Append(self.second, numbers(2**63)),
            Append(self.second, [{}]),
            Append(self.second, numbers(1), key=""),
            Append(self.second, numbers(1), expected_version=-7),
            Append("no name", numbers(1)),
            EventData("Counted", {"number": 1}),
        ):
            with self.subTest(bad=bad), self.assertRaises(InvalidArgument):
                self.store.append_many([good, bad])  # type: ignore[list-item]
        self.assert_nothing_written()

    def test_what_is_no_collection_of_appends_is_refused(self) -> None:
        for value, field, error in (
            (Append(self.first, []), "appends", InvalidType),
            ("text", "appends", InvalidType),
            ({}, "appends", InvalidType),
            (["text"], "appends[0]", InvalidType),
            ([Append("no name", [])], "appends[0].stream_name", InvalidValue),
        ):
            with self.assertRaises(error) as caught:
                self.store.append_many(value)  # type: ignore[arg-type]
            self.assertEqual(caught.exception.field, field)

    def test_event_id_may_not_stand_there_twice(self) -> None:
        (known,) = self.append_numbers(1, stream=self.new_name())
        again = EventData("Noted", {}, event_id=known.event_id)
        with self.assertRaises(InvalidValue):
            self.store.append_many(
                [Append(self.first, numbers(1)), Append(self.second, again)]
            )
        new = EventData("Noted", {}, event_id=uuid4())
        with self.assertRaises(InvalidValue):
            self.store.append_many([Append(self.first, new), Append(self.second, new)])
        self.assert_nothing_written()

    def test_shared_arguments_go_to_all(self) -> None:
        results = self.store.append_many(
            [
                Append(self.first, numbers(1), key="own"),
                Append(self.second, numbers(2)),
            ],
            metadata={"ip": "::1"},
            correlation_id="story",
            causation_id="click",
        )
        for events in results:
            self.assertEqual(events[0].metadata, {"ip": "::1"})
            self.assertEqual(events[0].correlation_id, "story")
            self.assertEqual(events[0].causation_id, "click")
        self.assertEqual([events[0].key for events in results], ["own", None])

    def test_nothing_to_append_does_nothing(self) -> None:
        self.assertEqual(self.store.append_many([]), [])
        self.assertEqual(
            self.store.append_many([Append(self.first, []), Append(self.second, [])]),
            [[], []],
        )
        self.assert_nothing_written()

    async def test_batch_can_be_awaited(self) -> None:
        (events,) = await self.store.aappend_many([Append(self.first, numbers(1))])
        self.assertEqual(events[0].data, {"number": 1})
