"""Reading many streams by position: a category, or the whole store."""

from eventstreaming.testing.contract.case import ContractCase
from eventstreaming.types import EventData, StoredEvent


class PositionContract(ContractCase):
    """Many streams come in one order, the same for every reader."""

    def setUp(self) -> None:
        super().setUp()
        self.category = self.stream
        self.start = self.store.fence() + 1

    def append_mixed(self) -> list[StoredEvent]:
        """Append 0 to 8, in turn to two streams of the category and a third."""
        names = [f"{self.category}-1", f"{self.category}-2-x", f"{self.category}0-1"]
        return [
            self.append_numbers(number, stream=names[number % 3])[0]
            for number in range(9)
        ]

    def test_whole_store_is_read_in_position_order(self) -> None:
        written = self.append_mixed()
        for batch_size in (1, 2, 9, 500):
            events = list(self.store.read_all(self.start, batch_size=batch_size))
            self.assertEqual(events, written)

    def test_category_holds_the_streams_of_one_prefix(self) -> None:
        self.append_mixed()
        for batch_size in (1, 2, 500):
            self.assert_numbers(
                self.store.read_category(self.category, batch_size=batch_size),
                *(0, 1, 3, 4, 6, 7),
            )

    def test_stream_without_dash_is_its_own_category(self) -> None:
        self.append_numbers(1, stream=self.category)
        self.append_numbers(2, stream=f"{self.category}-1")
        self.assert_numbers(self.store.read_category(self.category), 1, 2)

    def test_from_position_is_inclusive(self) -> None:
        written = self.append_mixed()
        position = written[3].position
        self.assertEqual(list(self.store.read_all(position)), written[3:])
        self.assertEqual(next(self.store.read_all(position + 1)), written[4])
        events = self.store.read_category(self.category, position)
        self.assert_numbers(events, 3, 4, 6, 7)
        events = self.store.read_category(self.category, position + 1)
        self.assert_numbers(events, 4, 6, 7)

    def test_position_0_is_before_the_first(self) -> None:
        self.append_numbers(1, 2, stream=self.category)
        self.assert_numbers(self.store.read_category(self.category, 0), 1, 2)

    def test_reader_resumes_after_the_last_position(self) -> None:
        last = self.append_mixed()[-1].position
        self.assertEqual(list(self.store.read_all(last + 1)), [])
        new = self.append_numbers(9)
        self.assertEqual(list(self.store.read_all(last + 1)), new)

    def test_limit_counts_what_comes_out_of_many_streams(self) -> None:
        self.append_mixed()
        for batch_size in (1, 2, 500):
            self.assert_numbers(
                self.store.read_all(self.start, limit=3, batch_size=batch_size), 0, 1, 2
            )
            self.assert_numbers(
                self.store.read_category(self.category, limit=3, batch_size=batch_size),
                *(0, 1, 3),
            )
        self.assertEqual(list(self.store.read_all(limit=0)), [])

    def test_backwards_begins_at_the_last_position(self) -> None:
        written = self.append_mixed()
        for batch_size in (1, 2, 500):
            self.assert_numbers(
                self.store.read_all(limit=4, backwards=True, batch_size=batch_size),
                *(8, 7, 6, 5),
            )
            self.assert_numbers(
                self.store.read_category(
                    self.category, backwards=True, batch_size=batch_size
                ),
                *(7, 6, 4, 3, 1, 0),
            )
        position = written[4].position
        events = self.store.read_all(position, backwards=True, limit=2)
        self.assert_numbers(events, 4, 3)

    def test_event_types_filter_before_the_limit(self) -> None:
        name = f"{self.category}-1"
        self.store.append(
            name, [EventData("AB"[n % 2], {"number": n}) for n in range(8)]
        )
        for batch_size in (1, 3, 500):
            events = self.store.read_category(
                self.category, event_types=["B"], limit=3, batch_size=batch_size
            )
            self.assert_numbers(events, 1, 3, 5)
            events = self.store.read_all(
                self.start, event_types={"A"}, batch_size=batch_size
            )
            self.assert_numbers(events, 0, 2, 4, 6)

    def test_unknown_category_reads_as_empty(self) -> None:
        self.assertEqual(list(self.store.read_category(self.category)), [])
        events = self.store.read_category(self.category, backwards=True)
        self.assertEqual(list(events), [])

    def test_read_begins_at_the_first_fetch_and_ends_at_its_head(self) -> None:
        events = self.store.read_category(self.category, batch_size=2)
        self.append_numbers(0, 1, 2, 3, stream=self.category)
        first = next(events)
        self.append_numbers(4, 5, stream=self.category)
        self.assert_numbers([first, *events], 0, 1, 2, 3)

    def test_fence_covers_what_is_committed(self) -> None:
        last = self.append_numbers(1, 2)[-1]
        self.assertGreaterEqual(self.store.fence(), last.position)

    def test_fence_never_falls(self) -> None:
        fences = [self.start - 1]
        for number in range(3):
            self.append_numbers(number)
            fences.append(self.store.fence())
        self.assertEqual(fences, sorted(set(fences)))
