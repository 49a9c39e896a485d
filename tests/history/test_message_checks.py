"""Valid and invalid histories for Q1, Q2, Q3, Q7, Q8 and Q13."""

from tests.history.story import Story, event
from tests.history.verdicts import assert_broken, assert_valid


def delivered(**more: object) -> Story:
    """Begin with a message that one holder got."""
    story = Story(drained=bool(more.pop("drained", True)))
    story.enqueue("a", ids=[1])
    story.deliver(1, "a")
    return story


# -- Q1: no message is lost ---------------------------------------------------


def test_acknowledged_message_is_not_lost() -> None:
    story = delivered()
    story.answer("acknowledge", 1)
    assert_valid(story)


def test_message_that_is_nowhere_is_lost() -> None:
    assert_broken(delivered(), "Q1")


def test_message_may_wait_unless_the_queue_was_drained() -> None:
    for drained in (False, True):
        story = delivered(drained=drained)
        story.store_message(1, "a")
        if drained:
            assert_broken(story, "Q1")
        else:
            assert_valid(story)


def test_unknown_acknowledge_may_have_removed_it() -> None:
    story = delivered()
    story.answer("acknowledge", 1, outcome="info")
    assert_valid(story)


def test_refused_acknowledge_has_not_removed_it() -> None:
    story = delivered()
    story.answer("acknowledge", 1, outcome="fail")
    assert_broken(story, "Q1")


def test_acknowledge_that_was_rolled_back_has_not_removed_it() -> None:
    story = delivered()
    block = story.block("fail")
    story.answer("acknowledge", 1, block=block)
    assert_broken(story, "Q1")


def test_unknown_enqueue_may_have_come_to_nothing() -> None:
    story = Story()
    story.enqueue("a", "b")
    assert_valid(story)


def test_purged_popped_and_expired_messages_are_not_lost() -> None:
    story = Story()
    story.enqueue("a", ids=[1])
    story.operation("purge", {"queue": "q"}, {"count": 1})
    story.enqueue("b", ids=[2], queue="other")
    story.operation("pop", {"queue": "other"}, outcome="info")
    assert_valid(story)
    story.enqueue("c", ids=[3], queue="other")
    assert_broken(story, "Q1")


def test_acknowledged_message_without_an_effect_was_not_handled() -> None:
    story = delivered()
    story.answer("acknowledge", 1)
    story.final(at_least_once=["q"])
    assert_broken(story, "Q1")
    story.effect("q", "a")
    assert_valid(story)


# -- Q2: no message comes from nowhere ------------------------------------------


def test_message_of_an_unknown_enqueue_may_be_delivered() -> None:
    story = Story()
    story.enqueue("a")
    story.deliver(1, "a")
    story.answer("acknowledge", 1)
    assert_valid(story)


def test_message_that_nobody_enqueued() -> None:
    story = Story()
    story.deliver(1, "a")
    assert_broken(story, "Q2")


def test_message_of_a_rolled_back_transaction() -> None:
    story = Story()
    block = story.block("fail")
    story.enqueue("a", ids=[1], block=block)
    story.deliver(1, "a")
    story.answer("acknowledge", 1)
    assert_broken(story, "Q2")


def test_message_of_a_failed_enqueue_in_the_table() -> None:
    story = Story(drained=False)
    story.enqueue("a", outcome="fail")
    story.store_message(1, "a")
    assert_broken(story, "Q2")


def test_one_enqueue_with_two_messages() -> None:
    story = Story(drained=False)
    story.enqueue("a")
    story.store_message(1, "a")
    story.store_message(2, "a")
    assert_broken(story, "Q2")


# -- Q3: a message is delivered as it was enqueued ------------------------------


def test_content_that_changed_on_the_way() -> None:
    story = Story()
    story.enqueue("a", ids=[1])
    story.deliver(1, "a", digest="another")
    story.answer("acknowledge", 1)
    assert_broken(story, "Q3")


def test_content_that_changed_in_the_table() -> None:
    story = Story()
    story.enqueue("a", ids=[1])
    story.store_message(1, "a", digest="another", reason="rejected")
    assert_broken(story, "Q3")


# -- Q7: a message ends once ----------------------------------------------------


def test_two_acknowledges_are_one_too_many() -> None:
    story = delivered()
    story.answer("acknowledge", 1)
    story.answer("acknowledge", 1, token=None)
    assert_broken(story, "Q7")


def test_second_end_after_a_redrive() -> None:
    story = delivered()
    story.nack(1, again=False)
    story.operation("redrive", {"queue": "q", "ids": [1]}, {"count": 1})
    story.deliver(1, "a", token=2, deliveries=1)
    story.answer("acknowledge", 1, 2)
    assert_valid(story)


def test_second_end_without_a_redrive() -> None:
    story = delivered()
    story.nack(1, again=False)
    story.nack(1, again=False)
    story.store_message(1, "a", reason="max_attempts")
    assert_broken(story, "Q7")


def test_redrive_of_nothing_redrives_nothing() -> None:
    story = delivered()
    story.nack(1, again=False)
    story.operation("redrive", {"queue": "q", "ids": None}, {"count": 0})
    story.nack(1, again=False)
    story.store_message(1, "a", reason="max_attempts")
    assert_broken(story, "Q7")


# -- Q8: what has ended does not come back --------------------------------------


def test_delivery_after_the_acknowledge() -> None:
    story = delivered()
    story.answer("acknowledge", 1)
    story.deliver(1, "a", token=2, claimed=20)
    assert_broken(story, "Q8")


def test_delivery_that_was_asked_for_before_the_acknowledge_came_back() -> None:
    story = delivered()
    story.answer("acknowledge", 1, outcome="info")
    story.deliver(1, "a", token=2, claimed=20)
    story.answer("acknowledge", 1, 2)
    assert_valid(story)


def test_delivery_of_a_dead_letter() -> None:
    story = delivered()
    story.nack(1, again=False)
    story.deliver(1, "a", token=2, claimed=20, attempts=1)
    story.store_message(1, "a", reason="max_attempts")
    assert_broken(story, "Q8")


# -- Q13: a transaction's writes are there together -----------------------------


def test_row_message_and_event_are_there_together() -> None:
    for outcome in ("ok", "info"):
        story = Story(drained=False)
        block = story.block(outcome, writes="a", during=(0, 9))
        story.enqueue("a", ids=[1], block=block)
        story.append("a", block=block)
        story.store_message(1, "a")
        story.final(rows=["a"])
        assert_valid(story)


def test_nothing_of_a_rolled_back_transaction_is_there() -> None:
    story = Story()
    block = story.block("fail", writes="a", during=(0, 9))
    story.enqueue("a", ids=[1], block=block)
    story.append("a", block=block, stored=False)
    assert_valid(story)


def test_event_without_the_row_beside_it() -> None:
    story = Story(drained=False)
    block = story.block("info", writes="a", during=(0, 9))
    story.enqueue("a", ids=[1], block=block)
    story.append("a", block=block, stored=False)
    story.store_events(event("a"))
    assert_broken(story, "Q13")


def test_half_of_an_unknown_batch() -> None:
    story = Story(drained=False)
    story.enqueue("a", "b")
    story.store_message(1, "a")
    assert_broken(story, "Q13")
