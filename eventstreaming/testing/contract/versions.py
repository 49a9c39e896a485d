"""Expected versions: an append that is refused when the stream has moved on."""

from eventstreaming.exceptions import WrongExpectedVersion
from eventstreaming.testing.contract.case import ContractCase
from eventstreaming.types import (
    ANY_VERSION,
    NO_STREAM,
    STREAM_EXISTS,
    EventData,
    ExpectedVersion,
)

EVENT = EventData("Noted", {})


class VersionContract(ContractCase):
    """A stale writer gets WrongExpectedVersion, and nothing is written."""

    def test_append_at_the_last_offset_is_taken(self) -> None:
        version: ExpectedVersion = NO_STREAM
        for offset in range(3):
            written = self.store.append(self.stream, EVENT, expected_version=version)
            version = written[-1].offset
            self.assertEqual(version, offset)

    def test_append_with_a_stale_version_is_refused(self) -> None:
        self.append_numbers(1, 2, 3)
        for stale in (0, 1, 3, NO_STREAM):
            with self.subTest(expected=stale):
                self.assert_refused(stale, actual=2)
        self.assert_numbers(self.store.read_stream(self.stream), 1, 2, 3)

    def test_conflict_carries_what_is_needed_to_decide(self) -> None:
        self.append_numbers(1)
        with self.assertRaises(WrongExpectedVersion) as caught:
            self.store.append(self.stream, EVENT, expected_version=5)
        self.assertEqual(caught.exception.stream_name, self.stream)
        self.assertEqual(caught.exception.expected, 5)
        self.assertEqual(caught.exception.actual, 0)

    def test_no_stream_means_no_event(self) -> None:
        self.store.create_stream(self.stream)
        self.store.append(self.stream, EVENT, expected_version=NO_STREAM)
        self.assert_refused(NO_STREAM, actual=0)

    def test_stream_exists_means_any_event(self) -> None:
        self.assert_refused(STREAM_EXISTS, actual=NO_STREAM)
        self.store.create_stream(self.stream)
        self.assert_refused(STREAM_EXISTS, actual=NO_STREAM)
        self.append_numbers(1)
        self.store.append(self.stream, EVENT, expected_version=STREAM_EXISTS)
        self.assertEqual(self.store.stream_info(self.stream).last_offset, 1)

    def test_missing_stream_has_the_version_no_stream(self) -> None:
        self.assert_refused(0, actual=NO_STREAM)
        self.assertFalse(self.store.stream_info(self.stream).exists)

    def test_any_version_is_never_refused(self) -> None:
        for _ in range(2):
            self.store.append(self.stream, EVENT, expected_version=ANY_VERSION)
        self.assertEqual(self.store.stream_info(self.stream).last_offset, 1)

    def test_conflict_in_one_stream_does_not_touch_another(self) -> None:
        other = self.new_name()
        self.append_numbers(1, stream=other)
        self.store.append(self.stream, EVENT, expected_version=NO_STREAM)
        self.assertEqual(self.store.stream_info(other).last_offset, 0)

    def assert_refused(self, expected: ExpectedVersion, *, actual: int) -> None:
        with self.assertRaises(WrongExpectedVersion) as caught:
            self.store.append(self.stream, EVENT, expected_version=expected)
        self.assertEqual(caught.exception.expected, expected)
        self.assertEqual(caught.exception.actual, actual)
