"""Removing events, and deleting streams."""

from eventstreaming.backends.base import BaseEventStore
from eventstreaming.exceptions import (
    EventsTruncated,
    InvalidArgument,
    StreamDeleted,
    WrongExpectedVersion,
)
from eventstreaming.testing.contract.case import ContractCase
from eventstreaming.testing.contract.transactions import Undone
from eventstreaming.types import NO_STREAM, STREAM_EXISTS, EventData, StreamInfo

NOTED = EventData("Noted", {})


class TruncationContract(ContractCase):
    """What was removed is gone for every reader, and never silently."""

    def setUp(self) -> None:
        super().setUp()
        self.part_requires(TruncationContract, "supports_truncation")

    def test_truncated_events_are_gone_for_every_reader(self) -> None:
        written = self.append_numbers(0, 1, 2, 3, 4)
        self.assertEqual(self.store.truncate_stream(self.stream, 3), 3)
        self.assert_numbers(self.store.read_stream(self.stream), 3, 4)
        self.assert_numbers(self.store.read_stream(self.stream, backwards=True), 4, 3)
        self.assert_numbers(self.store.read_category(self.stream), 3, 4)
        self.assert_numbers(self.store.read_all(written[0].position, limit=2), 3, 4)

    def test_info_of_a_truncated_stream(self) -> None:
        events = self.append_numbers(0, 1, 2)
        self.store.truncate_stream(self.stream, 2)
        time = events[-1].timestamp
        self.assertEqual(
            self.store.stream_info(self.stream),
            StreamInfo(self.stream, True, False, 2, 2, 1, time, time),
        )

    def test_reader_of_removed_events_is_told_where_to_go_on(self) -> None:
        self.append_numbers(0, 1, 2, 3)
        self.store.truncate_stream(self.stream, 2)
        with self.assertRaises(EventsTruncated) as caught:
            list(self.store.read_stream(self.stream, 1))
        error = caught.exception
        self.assertEqual((error.from_offset, error.first_offset), (1, 2))
        self.assertEqual(error.stream_name, self.stream)
        self.assert_numbers(self.store.read_stream(self.stream, 2), 2, 3)
        with self.assertRaises(EventsTruncated):
            list(self.store.read_stream(self.stream, 1, backwards=True))
        backwards = self.store.read_stream(self.stream, 2, backwards=True)
        self.assert_numbers(backwards, 2)

    def test_reader_that_is_overtaken_is_told(self) -> None:
        self.append_numbers(*range(6))
        reader = self.store.read_stream(self.stream, batch_size=2)
        self.assertEqual(next(reader).offset, 0)
        self.store.truncate_stream(self.stream, 4)
        with self.assertRaises(EventsTruncated):
            list(reader)

    def test_offsets_go_on_after_everything_was_removed(self) -> None:
        self.append_numbers(0, 1, 2)
        self.assertEqual(self.store.truncate_stream(self.stream, 99), 3)
        self.assertEqual(list(self.store.read_stream(self.stream)), [])
        info = self.store.stream_info(self.stream)
        self.assertEqual((info.first_offset, info.last_offset, info.length), (3, 2, 0))
        (event,) = self.store.append(self.stream, NOTED, expected_version=2)
        self.assertEqual(event.offset, 3)
        self.assertEqual(list(self.store.read_stream(self.stream, 3)), [event])

    def test_positions_are_not_given_out_again(self) -> None:
        (last,) = self.append_numbers(1)
        self.store.truncate_stream(self.stream, 1)
        (event,) = self.append_numbers(2)
        self.assertGreater(event.position, last.position)
        self.assertGreaterEqual(self.store.fence(), event.position)

    def test_truncating_again_or_lower_changes_nothing(self) -> None:
        self.append_numbers(0, 1, 2)
        self.assertEqual(self.store.truncate_stream(self.stream, 2), 2)
        for before in (2, 1, 0):
            self.assertEqual(self.store.truncate_stream(self.stream, before), 0)
        self.assertEqual(self.store.stream_info(self.stream).first_offset, 2)

    def test_unknown_stream_has_nothing_to_remove(self) -> None:
        self.assertEqual(self.store.truncate_stream(self.stream, 5), 0)
        self.assertEqual(self.store.delete_stream(self.stream), 0)
        self.assertEqual(
            self.store.stream_info(self.stream),
            StreamInfo(self.stream, False, False, 0, -1, 0, None, None),
        )

    def test_other_streams_keep_their_events(self) -> None:
        category = self.new_name()
        first, second = f"{category}-1", f"{category}-2"
        self.append_numbers(1, 2, stream=first)
        self.append_numbers(3, 4, stream=second)
        self.store.truncate_stream(first, 1)
        self.assert_numbers(self.store.read_category(category), 2, 3, 4)
        self.store.delete_stream(second)
        self.assert_numbers(self.store.read_category(category), 2)

    def test_many_events_are_removed(self) -> None:
        self.store.append(self.stream, [NOTED] * 2_500)
        self.assertEqual(self.store.truncate_stream(self.stream, 2_400), 2_400)
        self.assertEqual(len(list(self.store.read_stream(self.stream))), 100)

    def test_deleted_stream_refuses_everything(self) -> None:
        self.append_numbers(0, 1)
        self.assertEqual(self.store.delete_stream(self.stream), 2)
        operations = (
            lambda: self.store.append(self.stream, NOTED),
            lambda: self.store.append(self.stream, NOTED, expected_version=NO_STREAM),
            lambda: self.store.create_stream(self.stream),
            lambda: self.store.truncate_stream(self.stream, 1),
            lambda: list(self.store.read_stream(self.stream)),
            lambda: list(self.store.read_stream(self.stream, 2)),
        )
        for operation in operations:
            with self.assertRaises(StreamDeleted) as caught:
                operation()
            self.assertEqual(caught.exception.stream_name, self.stream)
        self.assertEqual(list(self.store.read_category(self.stream)), [])

    def test_deleted_concurrent_stream_refuses_events(self) -> None:
        self.requires("supports_concurrent_streams")
        self.store.create_stream(self.stream, concurrent=True)
        self.append_numbers(0, 1)
        self.assertEqual(self.store.delete_stream(self.stream), 2)
        for new in (NOTED, [NOTED, NOTED]):
            with self.assertRaises(StreamDeleted):
                self.store.append(self.stream, new)
        self.assertEqual(list(self.store.read_category(self.stream)), [])

    def test_deleted_stream_says_that_it_was_deleted(self) -> None:
        self.append_numbers(0)
        self.store.delete_stream(self.stream)
        info = self.store.stream_info(self.stream)
        self.assertEqual((info.exists, info.deleted, info.length), (False, True, 0))

    def test_deleting_again_does_nothing(self) -> None:
        self.append_numbers(0)
        self.store.delete_stream(self.stream)
        self.assertEqual(self.store.delete_stream(self.stream), 0)

    def test_created_stream_without_events_can_be_deleted(self) -> None:
        self.store.create_stream(self.stream)
        self.assertEqual(self.store.delete_stream(self.stream), 0)
        with self.assertRaises(StreamDeleted):
            self.store.append(self.stream, NOTED)

    def test_expected_version_guards_the_deletion(self) -> None:
        for expected in (0, STREAM_EXISTS):
            with self.assertRaises(WrongExpectedVersion) as caught:
                self.store.delete_stream(self.stream, expected_version=expected)
            self.assertEqual(caught.exception.actual, NO_STREAM)
        self.append_numbers(0, 1)
        for expected in (0, 2, NO_STREAM):
            with self.assertRaises(WrongExpectedVersion) as caught:
                self.store.delete_stream(self.stream, expected_version=expected)
            self.assertEqual(caught.exception.actual, 1)
        self.assertEqual(self.store.stream_info(self.stream).length, 2)
        self.assertEqual(self.store.delete_stream(self.stream, expected_version=1), 2)

    def test_rollback_brings_removed_events_back(self) -> None:
        self.requires("supports_transactions")
        other = self.new_name()
        self.append_numbers(0, 1, 2)
        self.append_numbers(5, stream=other)
        with self.assertRaises(Undone), self.atomic():
            self.assertEqual(self.store.truncate_stream(self.stream, 2), 2)
            self.assertEqual(self.store.delete_stream(other), 1)
            self.assert_numbers(self.store.read_stream(self.stream), 2)
            raise Undone
        self.assert_numbers(self.store.read_stream(self.stream, 0), 0, 1, 2)
        self.assert_numbers(self.append_numbers(6, stream=other), 6)

    def test_conflicting_deletion_leaves_the_transaction_usable(self) -> None:
        self.requires("supports_transactions")
        self.append_numbers(0)
        with self.atomic():
            with self.assertRaises(WrongExpectedVersion):
                self.store.delete_stream(self.stream, expected_version=7)
            self.append_numbers(1)
        self.assert_numbers(self.store.read_stream(self.stream), 0, 1)

    def test_two_who_remove_the_same_remove_it_once(self) -> None:
        self.store.append(self.stream, [NOTED] * 1_200)
        stream = self.stream

        def truncate(store: BaseEventStore) -> int:
            return store.truncate_stream(stream, 1_100)

        removed = self.in_threads(truncate, truncate)
        self.assertEqual(sum(removed), 1_100)
        self.assertEqual(self.store.stream_info(self.stream).length, 100)

    def test_bad_arguments_are_refused(self) -> None:
        self.append_numbers(0)
        for before in (-1, True, 1.5, "1", None, 2**63):
            with self.assertRaises(InvalidArgument) as caught:
                self.store.truncate_stream(self.stream, before)  # type: ignore[arg-type]
            self.assertEqual(caught.exception.field, "before_offset")
        with self.assertRaises(InvalidArgument):
            self.store.truncate_stream("no name", 1)
        with self.assertRaises(InvalidArgument):
            self.store.delete_stream("")
        with self.assertRaises(InvalidArgument):
            self.store.delete_stream(self.stream, expected_version=-2)
        self.assertEqual(self.store.stream_info(self.stream).length, 1)

    async def test_removal_can_be_awaited(self) -> None:
        await self.store.aappend(self.stream, [NOTED] * 3)
        self.assertEqual(await self.store.atruncate_stream(self.stream, 2), 2)
        self.assertEqual(
            await self.store.adelete_stream(self.stream, expected_version=2), 1
        )
