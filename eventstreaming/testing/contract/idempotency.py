"""Appends that are asked for again: each of them happens once."""

from datetime import timedelta
from typing import Any

from eventstreaming.exceptions import (
    EventsTruncated,
    IdempotencyConflict,
    InvalidType,
    InvalidValue,
    StreamDeleted,
    WrongExpectedVersion,
)
from eventstreaming.testing.contract.case import ContractCase
from eventstreaming.types import NO_STREAM, EventData, StoredEvent

_COUNTS = (1, 2, 300)  # a store may write few, several and many in different ways


class IdempotencyContract(ContractCase):
    """The same key again returns what the first call has written."""

    def setUp(self) -> None:
        super().setUp()
        self.part_requires(IdempotencyContract, "supports_idempotency")

    def once(self, *numbers: int, key: Any = "k", **options: Any) -> list[StoredEvent]:
        events = [EventData("Counted", {"number": number}) for number in numbers]
        stream = options.pop("stream", self.stream)
        return self.store.append(stream, events, idempotency_key=key, **options)

    def test_known_key_returns_the_events_of_the_first_call(self) -> None:
        for count in _COUNTS:
            with self.subTest(count=count):
                key = f"key {count}"
                first = self.once(*range(count), key=key)
                self.append_numbers(-1)
                again = self.once(*range(count), key=key, metadata={"other": True})
                self.assertEqual(again, first)
        self.assertEqual(
            len(list(self.store.read_stream(self.stream))), sum(_COUNTS) + len(_COUNTS)
        )

    def test_known_key_in_a_concurrent_stream(self) -> None:
        self.requires("supports_concurrent_streams")
        self.store.create_stream(self.stream, concurrent=True)
        for count in _COUNTS:
            with self.subTest(count=count):
                first = self.once(*range(count), key=f"key {count}")
                self.append_numbers(-1)
                self.assertEqual(self.once(*range(count), key=f"key {count}"), first)

    def test_known_key_returns_the_events_whatever_the_expected_version(self) -> None:
        first = self.once(1, expected_version=NO_STREAM)
        self.append_numbers(2)
        self.assertEqual(self.once(1, expected_version=NO_STREAM), first)
        self.assertEqual(self.once(1, expected_version=77), first)

    def test_known_key_with_other_events_is_refused(self) -> None:
        self.once(1, 2)
        refused: list[list[EventData]] = [
            [EventData("Counted", {"number": 1})],
            [EventData("Counted", {"number": number}) for number in (2, 1)],
            [EventData("Other", {"number": number}) for number in (1, 2)],
            [EventData("Counted", {"number": n}, key="key") for n in (1, 2)],
        ]
        for events in refused:
            with (
                self.subTest(events=events),
                self.assertRaises(IdempotencyConflict) as caught,
            ):
                self.store.append(self.stream, events, idempotency_key="k")
        self.assertEqual(caught.exception.stream_name, self.stream)
        self.assertEqual(caught.exception.key, "k")
        self.assert_numbers(self.store.read_stream(self.stream), 1, 2)

    def test_key_is_known_in_its_stream_alone(self) -> None:
        other = self.new_name()
        self.once(1)
        self.once(2, stream=other)
        self.assert_numbers(self.store.read_stream(other), 2)

    def test_call_that_was_refused_leaves_its_key_free(self) -> None:
        with self.assertRaises(WrongExpectedVersion):
            self.once(1, expected_version=5)
        self.once(2, expected_version=NO_STREAM)
        self.assert_numbers(self.store.read_stream(self.stream), 2)

    def test_rollback_leaves_the_key_free(self) -> None:
        self.requires("supports_transactions")
        with self.assertRaises(ZeroDivisionError), self.atomic():
            self.once(1)
            self.assertEqual(len(self.once(1)), 1)
            raise ZeroDivisionError
        self.once(2)
        self.assert_numbers(self.store.read_stream(self.stream), 2)

    def test_refusals_leave_the_transaction_usable(self) -> None:
        self.requires("supports_transactions")
        with self.atomic():
            self.once(1)
            with self.assertRaises(IdempotencyConflict):
                self.once(2)
            with self.assertRaises(WrongExpectedVersion):
                self.once(2, key="other", expected_version=5)
            self.once(3, key="other")
        self.assert_numbers(self.store.read_stream(self.stream), 1, 3)

    def test_events_that_are_no_longer_kept_are_no_result(self) -> None:
        self.requires("supports_truncation")
        self.once(1)
        self.append_numbers(2)
        self.store.truncate_stream(self.stream, 1)
        with self.assertRaises(EventsTruncated):
            self.once(1)
        self.store.delete_stream(self.stream)
        with self.assertRaises(StreamDeleted):
            self.once(1)

    def test_two_calls_at_the_same_time_write_once(self) -> None:
        events = [EventData("Counted", {"number": 1})]
        for concurrent in (False, True):
            with self.subTest(concurrent=concurrent):
                stream = self.new_name()
                if concurrent and not self.store.supports_concurrent_streams:
                    continue
                self.store.create_stream(stream, concurrent=concurrent)
                results = self.in_threads(
                    *[
                        lambda store, name=stream: store.append(
                            name, events, idempotency_key="k"
                        )
                    ]
                    * 4
                )
                written = list(self.store.read_stream(stream))
                self.assertEqual(len(written), 1)
                self.assertEqual(results, [written] * 4)

    def test_old_keys_are_forgotten(self) -> None:
        self.once(1)
        self.assertEqual(
            self.store.forget_idempotency_keys(timedelta(minutes=1), 10_000), 0
        )
        self.advance(0.05)
        self.assertGreaterEqual(
            self.store.forget_idempotency_keys(timedelta(seconds=0.01), 10_000), 1
        )
        self.once(2)
        self.assert_numbers(self.store.read_stream(self.stream), 1, 2)

    def test_idempotency_key_is_checked(self) -> None:
        for value, error in (
            ("", InvalidValue),
            ("x" * 256, InvalidValue),
            (1, InvalidType),
        ):
            with self.subTest(value=value), self.assertRaises(error) as caught:
                self.once(1, key=value)
            self.assertEqual(caught.exception.field, "idempotency_key")
