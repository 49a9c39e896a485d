"""Settings of queues: by name and by pattern, obeyed at once."""

from datetime import timedelta
from functools import partial

from eventstreaming.events.queue_settings import QueueSettings
from eventstreaming.exceptions import InvalidType, InvalidValue
from eventstreaming.testing.contract import inputs
from eventstreaming.testing.contract.case import LONG, SHORT
from eventstreaming.testing.contract.inputs import Refused
from eventstreaming.testing.contract.refusing import RefusingCase, giving

COUNTS: list[Refused] = [
    (0, InvalidValue),
    (32_768, InvalidValue),
    (True, InvalidType),
    ("3", InvalidType),
]
PATTERNS: list[Refused] = [
    *inputs.NAMES,
    ("mail*", InvalidValue),
    ("*-mail", InvalidValue),
    ("ma*il-*", InvalidValue),
    ("$mail-*", InvalidValue),
    ("**", InvalidValue),
]


class QueueSettingsContract(RefusingCase):
    """The closest name or pattern that says something about a setting decides."""

    def setUp(self) -> None:
        super().setUp()
        self.addCleanup(self.forget, "*")

    def configure(self, name: str, **settings: object) -> None:
        """Configure a queue until the test ends."""
        self.addCleanup(self.forget, name)
        self.store.configure_queue(name, **settings)  # type: ignore[arg-type]

    def forget(self, name: str) -> None:
        self.store.configure_queue(
            name,
            visibility_timeout=None,
            max_attempts=None,
            max_deliveries=None,
            timeout=None,
            concurrency=None,
            backoff=None,
            dead_letter_retention=None,
            description="",
            paused=False,
        )

    def test_settings_are_built_in_until_somebody_says_otherwise(self) -> None:
        self.assertEqual(self.store.queue_settings(self.queue), QueueSettings())

    def test_settings_are_kept_and_reset_one_by_one(self) -> None:
        self.configure(self.queue, max_attempts=3, backoff=[1, timedelta(minutes=1)])
        self.configure(self.queue, visibility_timeout=timedelta(minutes=2))
        self.configure(self.queue, description="Mail to customers", max_deliveries=7)
        self.configure(self.queue, concurrency=2, timeout=timedelta(minutes=1))
        self.assertEqual(
            self.store.queue_settings(self.queue),
            QueueSettings(
                visibility_timeout=120.0,
                max_attempts=3,
                max_deliveries=7,
                timeout=60.0,
                concurrency=2,
                backoff=(1.0, 60.0),
                description="Mail to customers",
            ),
        )
        self.configure(self.queue, max_attempts=None, backoff=None)
        settings = self.store.queue_settings(self.queue)
        self.assertEqual((settings.max_attempts, settings.backoff), (5, None))
        self.assertEqual(settings.max_deliveries, 7)

    def test_closest_pattern_decides_setting_by_setting(self) -> None:
        base = self.queue
        self.queue = f"{base}-eu-7"
        self.configure("*", max_attempts=6, visibility_timeout=6, max_deliveries=6)
        self.configure(f"{base}-*", max_attempts=5, visibility_timeout=5)
        self.configure(f"{base}-eu-*", max_attempts=4)
        settings = self.store.queue_settings(self.queue)
        self.assertEqual(
            (
                settings.max_attempts,
                settings.visibility_timeout,
                settings.max_deliveries,
            ),
            (4, 5.0, 6),
        )
        self.configure(self.queue, max_attempts=1)
        self.assertEqual(self.store.queue_settings(self.queue).max_attempts, 1)
        self.assertEqual(self.store.queue_settings(f"{base}-x").max_attempts, 5)
        self.assertEqual(self.store.queue_settings(f"{base}x").max_attempts, 6)
        self.enqueue_numbers(1)
        (message,) = self.store.dequeue_many(self.queue, 1)
        self.assertLess(
            message.visible_until - message.enqueued_at, timedelta(minutes=1)
        )
        self.assertIs(message.nack(error="no"), False)

    def test_pattern_counts_for_deliveries_and_backoff(self) -> None:
        self.configure("*", max_deliveries=1, backoff=LONG)
        self.enqueue_numbers(1, 2)
        self.lease().nack()
        self.assertEqual(self.store.queue_info(self.queue).delayed, 1)
        self.lease(SHORT)
        self.advance(SHORT + 0.05)
        self.assert_nothing_ready()
        (letter,) = self.store.dead_letters(self.queue)
        self.assertEqual(letter.reason, "max_deliveries")

    def test_configured_backoff_is_exact(self) -> None:
        self.configure(self.queue, backoff=[0, LONG], max_attempts=9)
        self.enqueue_numbers(1)
        self.lease().nack()
        self.lease().nack()
        self.advance(SHORT)
        self.assert_nothing_ready()
        self.assertEqual(self.store.queue_info(self.queue).delayed, 1)

    def test_paused_queue_delivers_nothing(self) -> None:
        self.enqueue_numbers(1, 2)
        leased = self.lease()
        for name in (self.queue, "*"):
            self.configure(name, paused=True)
            self.assert_nothing_ready()
            self.assertIsNone(self.store.pop(self.queue))
            self.assertTrue(self.store.queue_settings(self.queue).paused)
            self.configure(name, paused=False)
        leased.acknowledge()
        self.assertEqual(self.lease().data["number"], 2)

    def test_call_overrides_the_settings(self) -> None:
        self.configure(self.queue, visibility_timeout=LONG, max_deliveries=1)
        self.enqueue_numbers(1)
        self.lease(SHORT)
        self.advance(SHORT + 0.05)
        (message,) = self.store.dequeue_many(self.queue, 1, SHORT, max_deliveries=2)
        self.assertEqual(message.deliveries, 2)
        self.advance(SHORT + 0.05)
        self.assertEqual(
            self.store.dequeue_many(self.queue, 1, SHORT, max_deliveries=2), []
        )
        self.assertEqual(len(self.store.dead_letters(self.queue)), 1)

    def test_bad_settings_are_refused(self) -> None:
        values: dict[str, list[Refused]] = {
            "visibility_timeout": inputs.TIMEOUTS,
            "max_attempts": COUNTS,
            "max_deliveries": COUNTS,
            "timeout": inputs.TIMEOUTS,
            "concurrency": COUNTS,
            "backoff": [
                ("1", InvalidType),
                ([], InvalidValue),
                ([1] * 101, InvalidValue),
                (-1, InvalidValue),
                (float("nan"), InvalidValue),
                (True, InvalidType),
                ({1}, InvalidType),
            ],
            "dead_letter_retention": inputs.DURATIONS,
            "description": [(7, InvalidType), ("\x00", InvalidValue)],
            "paused": inputs.FLAGS,
        }
        with self.nothing_written():
            for option, refused in values.items():
                self.refuse(
                    "configure_queue",
                    option,
                    [pair for pair in refused if pair[0] is not None],
                    giving(option, partial(self.store.configure_queue, self.queue)),
                )
            self.refuse("configure_queue", "name", PATTERNS, self.store.configure_queue)
            self.refuse(
                "configure_queue",
                "backoff[1]",
                [([1, -1], InvalidValue), ([1, "1"], InvalidType)],
                lambda delays: self.store.configure_queue(self.queue, backoff=delays),
            )
            self.refuse(
                "dequeue_many",
                "max_deliveries",
                COUNTS,
                lambda count: self.store.dequeue_many(
                    self.queue, 1, max_deliveries=count
                ),
            )
        self.assertEqual(self.store.queue_settings(self.queue), QueueSettings())
