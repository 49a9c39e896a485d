"""Reading one stream by offset."""

from typing import Any

from eventstreaming.testing.contract.case import ContractCase
from eventstreaming.types import EventData


class ReadingContract(ContractCase):
    """Bounds are inclusive, pages are invisible, and every read ends."""

    def assert_read(self, *numbers: int, **arguments: Any) -> None:
        """Compare a read with every size of page, so that none shows."""
        for batch_size in (1, 2, 3, 500):
            with self.subTest(batch_size=batch_size):
                self.assert_numbers(
                    self.store.read_stream(
                        self.stream, batch_size=batch_size, **arguments
                    ),
                    *numbers,
                )

    def test_stream_is_read_from_its_beginning(self) -> None:
        self.append_numbers(*range(7))
        self.assert_read(*range(7))

    def test_from_offset_is_inclusive(self) -> None:
        self.append_numbers(*range(5))
        self.assert_read(0, 1, 2, 3, 4, from_offset=0)
        self.assert_read(3, 4, from_offset=3)

    def test_reader_resumes_after_the_last_offset(self) -> None:
        last = self.append_numbers(0, 1, 2)[-1].offset
        self.assert_read(from_offset=last + 1)
        self.append_numbers(3, 4)
        self.assert_read(3, 4, from_offset=last + 1)

    def test_to_offset_is_inclusive(self) -> None:
        self.append_numbers(*range(5))
        self.assert_read(0, 1, to_offset=1)
        self.assert_read(1, 2, 3, from_offset=1, to_offset=3)
        self.assert_read(2, from_offset=2, to_offset=2)
        self.assert_read(*range(5), to_offset=100)

    def test_crossed_bounds_hold_nothing(self) -> None:
        self.append_numbers(*range(5))
        self.assert_read(from_offset=3, to_offset=2)
        self.assert_read(from_offset=2, to_offset=3, backwards=True)

    def test_limit_counts_what_comes_out_of_a_stream(self) -> None:
        self.append_numbers(*range(5))
        self.assert_read(0, 1, limit=2)
        self.assert_read(2, 3, from_offset=2, limit=2)
        self.assert_read(*range(5), limit=100)
        self.assert_read(limit=0)

    def test_backwards_begins_at_the_end_of_a_stream(self) -> None:
        self.append_numbers(*range(5))
        self.assert_read(4, 3, 2, 1, 0, backwards=True)
        self.assert_read(4, 3, backwards=True, limit=2)

    def test_backwards_bounds_are_inclusive(self) -> None:
        self.append_numbers(*range(5))
        self.assert_read(3, 2, 1, 0, from_offset=3, backwards=True)
        self.assert_read(4, 3, 2, to_offset=2, backwards=True)
        self.assert_read(3, 2, 1, from_offset=3, to_offset=1, backwards=True)
        self.assert_read(4, 3, 2, 1, 0, from_offset=100, backwards=True)

    def append_letters(self) -> None:
        """Append numbers of the types A, B, C in turn."""
        self.store.append(
            self.stream, [EventData("ABC"[n % 3], {"number": n}) for n in range(12)]
        )

    def test_event_types_filter(self) -> None:
        self.append_letters()
        self.assert_read(1, 4, 7, 10, event_types=["B"])
        self.assert_read(10, 9, 7, 6, event_types=["A", "B"], backwards=True, limit=4)
        self.assert_read(event_types=["D"])

    def test_event_types_are_any_collection(self) -> None:
        self.append_letters()
        for names in ({"B"}, ("B",), (name for name in "B"), {"B": 1}.keys()):
            events = self.store.read_stream(self.stream, event_types=names)
            self.assert_numbers(events, 1, 4, 7, 10)

    def test_limit_is_taken_after_the_filter(self) -> None:
        self.append_letters()
        self.assert_read(2, 5, 8, event_types=["C"], limit=3)
        self.assert_read(5, 8, event_types=["C"], from_offset=3, limit=2)
        self.assert_read(2, 5, event_types=["C"], to_offset=5)

    def test_unknown_stream_reads_as_empty(self) -> None:
        self.assert_read()
        self.assert_read(from_offset=5)
        self.assert_read(backwards=True)

    def test_created_stream_reads_as_empty(self) -> None:
        self.store.create_stream(self.stream)
        self.assert_read()
        self.assert_read(backwards=True)

    def test_streams_do_not_mix(self) -> None:
        others = [self.stream.upper(), f"{self.stream}-1", f"{self.stream}0"]
        for other in others:
            self.append_numbers(9, stream=other)
        self.append_numbers(1)
        self.assert_read(1)

    def test_read_begins_at_the_first_fetch(self) -> None:
        events = self.store.read_stream(self.stream)
        self.append_numbers(1, 2)
        self.assert_numbers(events, 1, 2)

    def test_read_ends_at_the_head_of_its_first_fetch(self) -> None:
        for count in (3, 4):
            with self.subTest(count=count):
                self.stream = self.new_name()
                self.append_numbers(*range(count))
                events = self.store.read_stream(self.stream, batch_size=2)
                first = next(events)
                self.append_numbers(*range(count, 10))
                self.assert_numbers([first, *events], *range(count))

    def test_backwards_read_does_not_see_what_comes_meanwhile(self) -> None:
        self.append_numbers(0, 1, 2)
        events = self.store.read_stream(self.stream, backwards=True, batch_size=1)
        first = next(events)
        self.append_numbers(3)
        self.assert_numbers([first, *events], 2, 1, 0)

    def test_read_under_load_ends(self) -> None:
        self.append_numbers(0, 1)
        seen = 0
        for _ in self.store.read_stream(self.stream, batch_size=1):
            seen += 1
            self.append_numbers(2)
        self.assertEqual(seen, 2)

    def test_two_readers_do_not_disturb_each_other(self) -> None:
        self.append_numbers(*range(4))
        one = self.store.read_stream(self.stream, batch_size=1)
        two = self.store.read_stream(self.stream, batch_size=1)
        pairs = list(zip(one, two, strict=True))
        self.assertEqual(
            [(a.offset, b.offset) for a, b in pairs], [(n, n) for n in range(4)]
        )
