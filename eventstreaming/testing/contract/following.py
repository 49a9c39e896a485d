"""Reading that goes on with live events."""

import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from queue import Queue

from django.db import connections

from eventstreaming.backends.base import BaseEventStore
from eventstreaming.exceptions import (
    EventsTruncated,
    FollowInTransaction,
    InvalidType,
    InvalidValue,
)
from eventstreaming.testing.contract.case import PATIENCE, ContractCase
from eventstreaming.types import EventData, StoredEvent

Read = Callable[[BaseEventStore], Iterator[StoredEvent]]

END = -1  # the number of the event with which a test ends a follower


class FollowingContract(ContractCase):
    """A follower gets what is there and then what comes, each event once."""

    @contextmanager
    def following(self, read: Read) -> Iterator["Queue[StoredEvent | None]"]:
        """Follow in a thread of its own; yield what it gets, None when it ended."""
        received: Queue[StoredEvent | None] = Queue()

        def follow() -> None:
            try:
                with closing(read(self.make_store())) as events:  # type: ignore[type-var]
                    for event in events:
                        if event.data["number"] == END:
                            break
                        received.put(event)
            finally:
                self.end_thread()
                received.put(None)

        follower = threading.Thread(target=follow, daemon=True)
        follower.start()
        try:
            yield received
        finally:
            if follower.is_alive():
                self.append_numbers(END)
            follower.join(PATIENCE)

    def assert_received(
        self, received: "Queue[StoredEvent | None]", *numbers: int
    ) -> None:
        """Wait for events, in their order."""
        events = [received.get(timeout=PATIENCE) for _ in numbers]
        self.assert_numbers([event for event in events if event], *numbers)

    def assert_nobody_waits(self) -> None:
        topics = [t for t in self.store.waiters.topics() if self.stream in t]
        self.assertEqual(topics, [])

    def test_follower_of_a_stream_gets_what_is_there_and_what_comes(self) -> None:
        self.append_numbers(0, 1)
        with self.following(
            lambda store: store.read_stream(self.stream, follow=True)
        ) as received:
            self.assert_received(received, 0, 1)
            for number in range(2, 6):
                self.append_numbers(number)
                self.assert_received(received, number)
        self.assertIsNone(received.get(timeout=PATIENCE))
        self.assert_nobody_waits()

    def test_stream_that_does_not_exist_yet_is_followed(self) -> None:
        with self.following(
            lambda store: store.read_stream(self.stream, batch_size=2, follow=True)
        ) as received:
            self.append_numbers(0, 1, 2)
            self.assert_received(received, 0, 1, 2)

    def test_follower_of_a_category_gets_what_comes_to_its_streams(self) -> None:
        self.append_numbers(0, stream=f"{self.stream}-1")
        with self.following(
            lambda store: store.read_category(self.stream, follow=True)
        ) as received:
            self.assert_received(received, 0)
            self.append_numbers(7, stream=f"{self.stream}0-1")
            for number in (1, 2):
                self.append_numbers(number, stream=f"{self.stream}-{number}")
                self.assert_received(received, number)

    def test_follower_of_all_begins_where_it_was_told(self) -> None:
        start = self.store.fence() + 1
        self.append_numbers(0)
        with self.following(
            lambda store: store.read_all(start, batch_size=1, follow=True)
        ) as received:
            self.assert_received(received, 0)
            self.append_numbers(1, 2, stream=self.new_name())
            self.append_numbers(3)
            self.assert_received(received, 1, 2, 3)

    def test_follower_passes_over_what_is_filtered_out(self) -> None:
        def append(*numbers: int) -> None:
            self.store.append(
                self.stream,
                [EventData("AB"[n % 2], {"number": n}) for n in numbers],
            )

        append(0, 1, 2)
        with self.following(
            lambda store: store.read_stream(
                self.stream, 1, event_types=["B", "Counted"], follow=True
            )
        ) as received:
            self.assert_received(received, 1)
            append(4, 6, 3)
            append(8, 5)
            self.assert_received(received, 3, 5)

    def test_limit_ends_a_follower(self) -> None:
        self.append_numbers(0, 1)
        with self.following(
            lambda store: store.read_stream(self.stream, limit=3, follow=True)
        ) as received:
            self.assert_received(received, 0, 1)
            self.append_numbers(2, 3)
            self.assert_received(received, 2)
            self.assertIsNone(received.get(timeout=PATIENCE))

    def test_to_offset_ends_a_follower(self) -> None:
        with self.following(
            lambda store: store.read_stream(self.stream, to_offset=1, follow=True)
        ) as received:
            self.append_numbers(0)
            self.assert_received(received, 0)
            self.append_numbers(1, 2)
            self.assert_received(received, 1)
            self.assertIsNone(received.get(timeout=PATIENCE))

    def test_closed_follower_waits_no_more(self) -> None:
        self.append_numbers(0, 1)
        events = self.store.read_stream(self.stream, follow=True)
        next(events)
        self.assertIn(self.stream, self.store.waiters.topics())
        events.close()  # type: ignore[attr-defined]
        self.assert_nobody_waits()
        self.assertEqual(list(events), [])

    def test_loop_that_is_left_closes_its_follower(self) -> None:
        self.append_numbers(0, 1)
        for _ in self.store.read_stream(self.stream, follow=True):
            break
        self.assert_nobody_waits()

    def test_follower_refuses_bad_arguments_at_the_call(self) -> None:
        with self.assertRaises(InvalidValue) as caught:
            self.store.read_stream(self.stream, backwards=True, follow=True)
        self.assertEqual(caught.exception.field, "follow")
        with self.assertRaises(InvalidValue):
            self.store.read_all(backwards=True, follow=True)
        with self.assertRaises(InvalidType):
            self.store.read_category("a", follow=1)  # type: ignore[arg-type]

    def test_follower_that_events_were_taken_from_is_told(self) -> None:
        self.requires("supports_truncation")
        self.append_numbers(0)
        events = self.store.read_stream(self.stream, batch_size=1, follow=True)
        next(events)
        self.append_numbers(1, 2, 3)
        self.store.truncate_stream(self.stream, 3)
        with self.assertRaises(EventsTruncated) as caught:
            next(events)
        self.assertEqual(caught.exception.from_offset, 1)
        self.assert_nobody_waits()

    def test_nothing_is_followed_inside_a_transaction(self) -> None:
        self.requires("supports_transactions")
        self.append_numbers(0, 1)
        events = self.store.read_stream(self.stream, batch_size=1, follow=True)
        next(events)
        with self.atomic():
            with self.assertRaises(FollowInTransaction):
                next(events)
            for refused in (
                self.store.read_stream(self.stream, follow=True),
                self.store.read_category(self.stream, follow=True),
                self.store.read_all(follow=True),
            ):
                with self.assertRaises(FollowInTransaction):
                    next(refused)
            self.append_numbers(2)
        self.assert_numbers(self.store.read_stream(self.stream), 0, 1, 2)

    def test_idle_follower_holds_no_connection_of_its_own(self) -> None:
        alias = self.store.database
        if alias is None:
            self.skipTest("the store has no database")
        used: Queue[object] = Queue()

        def read(store: BaseEventStore) -> Iterator[StoredEvent]:
            connections[alias].close()
            used.put(connections[alias])
            return store.read_stream(self.stream, follow=True)

        with self.following(read) as received:
            connection = used.get(timeout=PATIENCE)
            for number in range(2):
                self.append_numbers(number)
                self.assert_received(received, number)
                self.wait_until(lambda: connection.connection is None)  # type: ignore[attr-defined]
