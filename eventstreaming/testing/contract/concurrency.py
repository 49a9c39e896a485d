"""Many threads at once, each with a store and a connection of its own."""

from functools import partial
from itertools import chain

from eventstreaming.backends.base import BaseEventStore
from eventstreaming.exceptions import WrongExpectedVersion
from eventstreaming.testing.contract.case import LONG, ContractCase
from eventstreaming.types import NO_STREAM, EventData

THREADS = 4


class ConcurrencyContract(ContractCase):
    """Nothing is lost, doubled or turned around between threads."""

    def test_writers_of_one_stream_take_turns(self) -> None:
        stream = self.stream

        def write(writer: int, store: BaseEventStore) -> None:
            for number in range(10):
                store.append(stream, EventData("Counted", {"number": (writer, number)}))

        self.in_threads(*(partial(write, writer) for writer in range(THREADS)))
        events = list(self.store.read_stream(stream))
        self.assertEqual([e.offset for e in events], list(range(10 * THREADS)))
        positions = [event.position for event in events]
        self.assertEqual(positions, sorted(set(positions)))
        for writer in range(THREADS):
            numbers = [n for w, n in (e.data["number"] for e in events) if w == writer]
            self.assertEqual(numbers, list(range(10)))

    def test_one_of_many_wins_with_an_expected_version(self) -> None:
        stream = self.stream

        def write(store: BaseEventStore) -> bool:
            try:
                store.append(stream, EventData("Noted", {}), expected_version=NO_STREAM)
            except WrongExpectedVersion as error:
                self.assertEqual(error.actual, 0)
                return False
            return True

        results = self.in_threads(*[write] * THREADS)
        self.assertEqual(sorted(results), [False] * (THREADS - 1) + [True])
        self.assertEqual(self.store.stream_info(stream).length, 1)

    def test_one_of_many_creates_the_stream(self) -> None:
        stream = self.stream

        def create(store: BaseEventStore) -> bool:
            return store.create_stream(stream)

        results = self.in_threads(*[create] * THREADS)
        self.assertEqual(sorted(results), [False] * (THREADS - 1) + [True])

    def test_message_goes_to_one_of_many(self) -> None:
        queue = self.queue
        ids = self.enqueue_numbers(*range(60))

        def drain(store: BaseEventStore) -> list[str]:
            taken = []
            while messages := store.dequeue_many(queue, 3, LONG):
                taken += [message.message_id for message in messages]
                for message in messages:
                    message.acknowledge()
            return taken

        taken = self.in_threads(*[drain] * THREADS)
        self.assertEqual(sorted(chain(*taken), key=int), ids)
        self.assertEqual(self.store.queue_info(queue).depth, 0)

    def test_message_is_popped_by_one_of_many(self) -> None:
        queue = self.queue
        ids = self.enqueue_numbers(*range(20))

        def drain(store: BaseEventStore) -> list[str]:
            taken = []
            while message := store.pop(queue):
                taken.append(message.message_id)
            return taken

        taken = self.in_threads(*[drain] * THREADS)
        self.assertEqual(sorted(chain(*taken), key=int), ids)

    def test_one_of_many_removes_the_message(self) -> None:
        queue = self.queue
        (number,) = self.enqueue_numbers(1)

        def acknowledge(store: BaseEventStore) -> bool:
            return store.acknowledge(queue, number)

        results = self.in_threads(*[acknowledge] * THREADS)
        self.assertEqual(sorted(results), [False] * (THREADS - 1) + [True])

    def test_follower_misses_nothing_and_sees_one_order(self) -> None:
        category, total = self.new_name(), 40

        def write(writer: int, store: BaseEventStore) -> list[int]:
            for number in range(total // 2):
                store.append(
                    f"{category}-{writer}", EventData("Counted", {"number": number})
                )
            return []

        def follow(store: BaseEventStore) -> list[int]:
            seen: list[int] = []
            position = 0
            while len(seen) < total:
                for event in store.read_category(category, position, batch_size=3):
                    seen.append(event.position)
                    position = event.position + 1
            return seen

        *_, seen = self.in_threads(partial(write, 1), partial(write, 2), follow)
        written = [event.position for event in self.store.read_category(category)]
        self.assertEqual(seen, written)
