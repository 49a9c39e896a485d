"""The settings of streams: what counts, and what is refused."""

from datetime import timedelta

from eventstreaming.events.stream_settings import StreamSettings
from eventstreaming.exceptions import InvalidArgument, UnsupportedOperation
from eventstreaming.testing.contract.case import ContractCase


class StreamSettingsContract(ContractCase):
    """The closest name or pattern that says something counts."""

    def test_stream_without_settings_is_kept_forever(self) -> None:
        self.assertEqual(self.store.stream_settings(self.stream), StreamSettings())
        self.assertFalse(self.store.stream_settings(self.stream).is_bounded)

    def test_what_was_set_is_in_force(self) -> None:
        self.store.configure_stream(
            self.stream,
            max_age=timedelta(days=90),
            max_count=1_000,
            max_bytes=10**9,
            until_consumed=True,
            description="All orders.",
            tags=["shop", "orders", "shop"],
        )
        settings = self.store.stream_settings(self.stream)
        self.assertEqual(
            settings,
            StreamSettings(
                max_age=90 * 86_400.0,
                max_count=1_000,
                max_bytes=10**9,
                until_consumed=True,
                description="All orders.",
                tags=("shop", "orders"),
            ),
        )
        self.assertTrue(settings.is_bounded)

    def test_what_is_not_given_stays_and_none_takes_back(self) -> None:
        self.store.configure_stream(self.stream, max_age=60, max_count=5, tags=["a"])
        self.store.configure_stream(self.stream, max_count=None, description="New.")
        self.assertEqual(
            self.store.stream_settings(self.stream),
            StreamSettings(max_age=60.0, tags=("a",), description="New."),
        )

    def test_closest_pattern_counts(self) -> None:
        category = self.new_name()
        name = f"{category}-eu-1"
        patterns = [f"{category}-*", f"{category}-eu-*", name]
        for number, pattern in enumerate(patterns, start=1):
            self.store.configure_stream(pattern, max_count=number)
            self.assertEqual(self.store.stream_settings(name).max_count, number)
        other = self.store.stream_settings(f"{category}-us-1")
        self.assertEqual(other.max_count, 1)
        self.assertIsNone(self.store.stream_settings(category).max_count)

    def test_each_setting_is_looked_up_by_itself(self) -> None:
        category = self.new_name()
        name = f"{category}-1"
        self.store.configure_stream(
            f"{category}-*", max_count=9, until_consumed=True, tags=["wide"]
        )
        self.store.configure_stream(name, description="One of many.")
        self.assertEqual(
            self.store.stream_settings(name),
            StreamSettings(
                max_count=9,
                until_consumed=True,
                tags=("wide",),
                description="One of many.",
            ),
        )
        self.store.configure_stream(name, until_consumed=False, tags=["close"])
        settings = self.store.stream_settings(name)
        self.assertEqual((settings.until_consumed, settings.tags), (False, ("close",)))

    def test_bounds_of_a_closer_name_replace_all_wider_ones(self) -> None:
        category = self.new_name()
        name = f"{category}-1"
        self.store.configure_stream(f"{category}-*", max_count=9, max_bytes=10**6)
        self.store.configure_stream(name, max_age=3_600)
        self.assertEqual(
            self.store.stream_settings(name), StreamSettings(max_age=3_600.0)
        )

    def test_stream_can_be_exempted_from_wider_bounds(self) -> None:
        category = self.new_name()
        name = f"{category}-1"
        self.store.configure_stream(f"{category}-*", max_count=9)
        self.store.configure_stream(name, keep_forever=True)
        self.assertFalse(self.store.stream_settings(name).is_bounded)
        self.store.configure_stream(name, keep_forever=False)
        self.assertEqual(self.store.stream_settings(name).max_count, 9)

    def test_keeping_forever_and_a_bound_exclude_each_other(self) -> None:
        with self.assertRaises(InvalidArgument) as caught:
            self.store.configure_stream(self.stream, keep_forever=True, max_count=1)
        self.assertEqual(caught.exception.field, "keep_forever")
        self.store.configure_stream(self.stream, max_count=1)
        with self.assertRaises(InvalidArgument):
            self.store.configure_stream(self.stream, keep_forever=True)
        self.assertEqual(self.store.stream_settings(self.stream).max_count, 1)
        self.store.configure_stream(self.stream, keep_forever=True, max_count=None)
        self.assertFalse(self.store.stream_settings(self.stream).is_bounded)

    def test_settings_that_mean_nothing_are_refused(self) -> None:
        bad = {
            "max_age": (0, -1, True, "90", float("nan"), float("inf"), 10**40),
            "max_count": (0, -1, 1.5, True, "9", 2**63),
            "max_bytes": (0, -1, 1.5, True, "9", 2**63),
            "keep_forever": (1, "yes"),
            "until_consumed": (0, "no"),
            "concurrent": (1, "yes"),
            "description": (b"", 5, "x" * 10_001, "\x00", "\ud800"),
            "tags": ("tag", b"tag", 5, [5], [None], [""], ["\x00"], ["x"] * 101),
        }
        for name, values in bad.items():
            for value in values:
                with self.subTest(name=name, value=repr(value)[:40]):
                    with self.assertRaises(InvalidArgument) as caught:
                        self.store.configure_stream(
                            self.stream,
                            **{name: value},  # type: ignore[arg-type]
                        )
                    self.assertEqual(caught.exception.field, name)
        self.assertEqual(self.store.stream_settings(self.stream), StreamSettings())

    def test_pattern_that_matches_nothing_is_refused(self) -> None:
        for pattern in ("", "**", "a*", "a*b", "*-a", "no name", "-*", None, 5):
            with self.subTest(pattern=pattern):
                with self.assertRaises(InvalidArgument) as caught:
                    self.store.configure_stream(pattern, max_count=1)  # type: ignore[arg-type]
                self.assertEqual(caught.exception.field, "pattern")

    def test_concurrent_is_refused_where_it_is_not_supported(self) -> None:
        self.requires_lack_of("supports_concurrent_streams")
        with self.assertRaises(UnsupportedOperation):
            self.store.configure_stream(self.stream, concurrent=True)

    async def test_settings_can_be_awaited(self) -> None:
        await self.store.aconfigure_stream(self.stream, max_count=7)
        settings = await self.store.astream_settings(self.stream)
        self.assertEqual(settings.max_count, 7)
