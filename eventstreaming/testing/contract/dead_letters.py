"""Dead letters: found by what they died of and when, edited, thrown away."""

from collections.abc import Callable
from functools import partial

from eventstreaming.exceptions import InvalidType, InvalidValue
from eventstreaming.testing.contract import inputs
from eventstreaming.testing.contract.case import LONG, SHORT
from eventstreaming.testing.contract.inputs import Refused
from eventstreaming.testing.contract.refusing import RefusingCase, giving
from eventstreaming.testing.contract.samples import ORDER_PLACED, PAYMENT_TAKEN


class DeadLetterContract(RefusingCase):
    """What an operator does with messages that are not delivered again."""

    def bury(self, number: int, error: str) -> str:
        """Make a dead letter of a number; return its id."""
        (message_id,) = self.enqueue_numbers(number)
        self.lease().nack(dead_letter=True, error=error)
        return message_id

    def dead_ids(self, **conditions: object) -> list[str]:
        found = self.store.dead_letters(self.queue, **conditions)  # type: ignore[arg-type]
        return [letter.message_id for letter in found]

    def test_errors_keep_the_first_and_the_last_nine(self) -> None:
        self.enqueue_numbers(1)
        for attempt in range(1, 13):
            message = self.lease()
            self.store.nack(
                self.queue,
                message.message_id,
                receipt=message.receipt,
                delay=0,
                error=f"failure {attempt}",
                max_attempts=12,
            )
        (letter,) = self.store.dead_letters(self.queue)
        kept = [1, *range(4, 13)]
        self.assertEqual([failed.attempt for failed in letter.errors], kept)
        self.assertEqual(
            [failed.error for failed in letter.errors],
            [f"failure {attempt}" for attempt in kept],
        )
        times = [failed.at for failed in letter.errors]
        self.assertEqual(times, sorted(times))
        self.assertGreaterEqual(times[0], letter.enqueued_at)

    def test_dead_letters_are_found_by_the_time_of_their_death(self) -> None:
        old = self.bury(1, "no")
        self.advance(SHORT + 0.05)
        new = self.bury(2, "no")
        self.assertEqual(self.dead_ids(older_than=SHORT), [old])
        self.assertEqual(self.dead_ids(newer_than=SHORT), [new])
        self.assertEqual(self.dead_ids(older_than=0), [new, old])
        self.assertEqual(self.dead_ids(newer_than=LONG, older_than=SHORT), [old])
        self.assertEqual(self.store.redrive(self.queue, older_than=SHORT), 1)
        self.assertEqual(self.lease().message_id, old)

    def test_redrive_by_reason_and_fingerprint(self) -> None:
        ids = [self.bury(n, f"printer {n} on fire") for n in (1, 2)]
        other = self.bury(3, "out of paper")
        fingerprint = self.store.dead_letters(self.queue)[-1].fingerprint
        self.assertEqual(self.store.redrive(self.queue, reason="max_attempts"), 0)
        self.assertEqual(self.store.redrive(self.queue, fingerprint=fingerprint), 2)
        self.assertEqual([self.lease().message_id for _ in ids], ids)
        self.assertEqual(self.store.redrive(self.queue, reason="rejected"), 1)
        self.assertEqual(self.lease().message_id, other)

    def test_discarded_dead_letters_are_gone(self) -> None:
        ids = [self.bury(n, "no" if n % 2 else "never") for n in range(1, 7)]
        fingerprint = self.store.dead_letters(self.queue)[0].fingerprint
        self.assertEqual(self.store.discard(self.queue, [ids[0]]), 1)
        self.assertEqual(self.store.discard(self.queue, [ids[0], "987654321"]), 0)
        self.assertEqual(self.store.discard(self.queue, []), 0)
        self.assertEqual(self.store.discard(self.new_name(), ids), 0)
        self.assertEqual(
            self.store.discard(self.queue, fingerprint=fingerprint, limit=2), 2
        )
        self.assertEqual(self.dead_ids(), [ids[5], ids[4], ids[2]])
        self.assertEqual(self.store.discard(self.queue, older_than=LONG), 0)
        self.assertEqual(self.store.discard(self.queue), 3)
        self.assertEqual(self.dead_ids(), [])
        self.assertEqual(self.store.queue_info(self.queue).depth, 0)

    def test_dead_letters_are_counted_by_the_same_conditions(self) -> None:
        ids = [self.bury(n, "no") for n in range(3)]
        self.bury(4, "never")
        fingerprint = self.store.dead_letters(self.queue)[-1].fingerprint
        count = self.store.count_dead_letters
        self.assertEqual(count(self.queue), 4)
        self.assertEqual(count(self.queue, ids[:2]), 2)
        self.assertEqual(count(self.queue, fingerprint=fingerprint), 3)
        self.assertEqual(count(self.queue, reason="max_attempts"), 0)
        self.assertEqual(count(self.queue, older_than=LONG), 0)
        self.assertEqual(count(self.queue, newer_than=LONG), 4)
        self.assertEqual(count(self.new_name()), 0)

    def test_queues_with_dead_letters_are_named(self) -> None:
        self.bury(1, "no")
        other, self.queue = self.queue, self.new_name()
        self.bury(1, "no")
        self.bury(2, "no")
        names = self.store.dead_letter_queues()
        self.assertLessEqual({other, self.queue}, set(names))
        self.assertEqual(names, sorted(set(names)))

    def test_redriven_message_may_be_edited(self) -> None:
        number = self.store.enqueue(self.queue, ORDER_PLACED, headers={"h": 1})
        self.lease().nack(dead_letter=True)
        edited = self.store.redrive(
            self.queue, [number], message=PAYMENT_TAKEN, headers={"h": 2}
        )
        self.assertEqual(edited, 1)
        message = self.lease()
        self.assertEqual(message.message_id, number)
        self.assertEqual(message.payload, PAYMENT_TAKEN)
        self.assertEqual(message.schema_version, 3)
        self.assertEqual(message.headers, {"h": 2})

    def test_edit_leaves_the_rest_as_it_was(self) -> None:
        number = self.store.enqueue(self.queue, ORDER_PLACED, headers={"h": 1})
        self.lease().nack(dead_letter=True)
        self.store.redrive(self.queue, [number], headers={})
        message = self.lease()
        self.assertEqual((message.payload, message.headers), (ORDER_PLACED, {}))
        message.nack(dead_letter=True)
        self.store.redrive(self.queue, [number], message={"n": 1})
        message = self.lease()
        self.assertEqual((message.message_type, message.data), ("", {"n": 1}))

    def test_only_one_dead_letter_is_edited(self) -> None:
        number = self.bury(1, "no")
        for ids in (None, [], [number, "987654321"]):
            with self.assertRaises(InvalidValue) as caught:
                self.store.redrive(self.queue, ids, message={"n": 1})
            self.assertEqual(caught.exception.field, "ids")
        self.assertEqual(self.dead_ids(), [number])

    def test_bad_conditions_and_edits_are_refused(self) -> None:
        store, queue = self.store, self.queue
        number = self.bury(1, "no")
        functions: dict[str, Callable[..., object]] = {
            "redrive": store.redrive,
            "discard": store.discard,
            "count_dead_letters": store.count_dead_letters,
            "dead_letters": store.dead_letters,
        }
        values: dict[str, list[Refused]] = {
            "reason": inputs.TEXTS,
            "fingerprint": inputs.TEXTS,
            "older_than": inputs.DURATIONS,
            "newer_than": inputs.DURATIONS,
        }
        with self.nothing_written():
            for what, function in functions.items():
                for option, refused in values.items():
                    self.refuse(
                        what,
                        option,
                        refused,
                        giving(option, partial(function, queue)),
                    )
            self.refuse(
                "discard",
                "message_id",
                inputs.MESSAGE_IDS,
                lambda message_id: store.discard(queue, [message_id]),
            )
            self.refuse("discard", "stream_name", inputs.NAMES, store.discard)
            self.refuse(
                "redrive",
                "headers",
                inputs.OBJECTS,
                lambda headers: store.redrive(queue, [number], headers=headers),
            )
            self.refuse(
                "redrive",
                "message",
                [("text", InvalidType), (7, InvalidType), ([], InvalidType)],
                lambda message: store.redrive(queue, [number], message=message),
            )
        self.assertEqual(self.dead_ids(), [number])
