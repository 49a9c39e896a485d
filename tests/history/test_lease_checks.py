"""Valid and invalid histories for Q4, Q5, Q6, Q9 and Q12."""

import pytest

from tests.history.story import SECOND, Story
from tests.history.verdicts import assert_broken, assert_valid


@pytest.fixture
def story() -> Story:
    """Begin with a message that one holder got, for ten seconds."""
    story = Story(drained=False)
    story.enqueue("a", ids=[1])
    story.deliver(1, "a")
    story.store_message(1, "a")
    return story


# -- Q4: a lease has one holder -------------------------------------------------


def test_next_lease_begins_when_the_last_one_ends(story: Story) -> None:
    story.deliver(1, "a", token=2, claimed=10)
    assert_valid(story)


def test_next_lease_begins_too_early(story: Story) -> None:
    story.deliver(1, "a", token=2, claimed=9.9)
    assert_broken(story, "Q4")


@pytest.mark.parametrize("kind", ["release", "nack"])
def test_lease_that_was_given_up_is_over(story: Story, kind: str) -> None:
    if kind == "nack":
        story.nack(1)
    else:
        story.answer("release", 1)
    story.deliver(
        1,
        "a",
        token=2,
        claimed=1,
        deliveries=1 if kind == "release" else 2,
        attempts=1 if kind == "nack" else 0,
    )
    assert_valid(story)


def test_nack_that_came_later_explains_nothing(story: Story) -> None:
    story.deliver(1, "a", token=2, claimed=1, during=(5, 6))
    story.nack(1, during=(7, 8))
    assert_broken(story, "Q4", "Q6")


def test_extended_lease_is_longer(story: Story) -> None:
    story.answer("extend", 1, timeout=20, result={"until": 25 * SECOND})
    story.deliver(1, "a", token=2, claimed=25)
    assert_valid(story)


def test_extended_lease_is_broken(story: Story) -> None:
    story.answer("extend", 1, timeout=20, result={"until": 25 * SECOND})
    story.deliver(1, "a", token=2, claimed=10)
    assert_broken(story, "Q4")


def test_extension_may_shorten_a_lease(story: Story) -> None:
    story.answer("extend", 1, timeout=1, outcome="info")
    story.deliver(1, "a", token=2, claimed=3)
    assert_valid(story)


def test_lease_is_as_long_as_it_was_asked_for() -> None:
    story = Story(drained=False)
    story.enqueue("a", ids=[1])
    story.store_message(1, "a")
    story.deliver(1, "a", claimed=3, asked_at=5)
    assert_broken(story, "Q4")


# -- Q5: a message's tokens only grow -------------------------------------------


def test_token_that_was_used_twice(story: Story) -> None:
    story.deliver(1, "a", token=1, claimed=20)
    assert_broken(story, "Q5")


def test_token_that_fell(story: Story) -> None:
    story.deliver(1, "a", token=3, claimed=40, during=(10, 11))
    story.deliver(1, "a", token=2, claimed=20, during=(12, 13))
    assert_broken(story, "Q5")


def test_tokens_of_overlapping_claims_have_no_order(story: Story) -> None:
    story.deliver(1, "a", token=3, claimed=40, during=(10, 13))
    story.deliver(1, "a", token=2, claimed=20, during=(11, 14))
    assert_valid(story)


# -- Q6: only the last holder is listened to ------------------------------------


def test_expired_lease_that_went_to_nobody_is_still_good(story: Story) -> None:
    story.answer("extend", 1, timeout=10, result={"until": 99 * SECOND})
    assert_valid(story)


@pytest.mark.parametrize("kind", ["acknowledge", "nack", "extend"])
def test_answer_of_a_former_holder_is_refused(story: Story, kind: str) -> None:
    story.deliver(1, "a", token=2, claimed=20)
    story.answer(kind, 1, lost="taken", timeout=10, dead_letter=False, max_attempts=5)
    assert_valid(story)


def test_acknowledge_of_a_former_holder_is_accepted(story: Story) -> None:
    story.deliver(1, "a", token=2, claimed=20)
    story.answer("acknowledge", 1)
    assert_broken(story, "Q6")


def test_extension_of_a_former_holder_is_accepted(story: Story) -> None:
    story.deliver(1, "a", token=2, claimed=20)
    story.answer("extend", 1, timeout=10, result={"until": 15 * SECOND})
    assert_broken(story, "Q6")


def test_one_of_a_batch_is_accepted_from_a_former_holder(story: Story) -> None:
    story.deliver(1, "a", token=2, claimed=20)
    story.answer("acknowledge", 1, result={"lost": []})
    assert_broken(story, "Q6")


def test_both_answers_are_right_while_the_next_claim_runs(story: Story) -> None:
    story.deliver(1, "a", token=2, claimed=20, during=(5, 9))
    story.answer("extend", 1, timeout=1, result={"until": 8 * SECOND}, during=(6, 7))
    assert_valid(story)


def test_refusal_without_a_later_delivery(story: Story) -> None:
    story.answer("acknowledge", 1, lost="taken")
    assert_broken(story, "Q6")


def test_refusal_in_a_batch_without_a_cause(story: Story) -> None:
    story.answer("acknowledge", 1, result={"lost": [1]})
    assert_broken(story, "Q6")


def test_refusal_after_a_claim_whose_answer_was_cut_off(story: Story) -> None:
    arguments = {"queue": "q", "limit": 1, "timeout": 1, "asked_at": 0}
    story.operation("dequeue", arguments, outcome="info")
    story.answer("acknowledge", 1, lost="taken")
    assert_valid(story)


def test_refusal_after_the_end() -> None:
    story = Story()
    story.enqueue("a", ids=[1])
    story.deliver(1, "a")
    story.answer("acknowledge", 1, outcome="info")
    story.answer("acknowledge", 1, lost="gone")
    assert_valid(story)


def test_refusal_as_gone_of_what_is_there(story: Story) -> None:
    story.nack(1)
    story.answer("acknowledge", 1, lost="gone")
    assert_broken(story, "Q6")


def test_refusal_after_the_own_nack(story: Story) -> None:
    story.nack(1)
    story.answer("acknowledge", 1, lost="released")
    assert_valid(story)


def test_refusal_as_released_of_what_was_not(story: Story) -> None:
    story.answer("acknowledge", 1, lost="released")
    assert_broken(story, "Q6")


# -- Q9: deliveries and attempts are counted ------------------------------------


def test_crash_is_a_delivery_and_no_attempt(story: Story) -> None:
    story.deliver(1, "a", token=2, claimed=20, deliveries=2, attempts=0)
    assert_valid(story)


def test_delivery_that_was_not_counted(story: Story) -> None:
    story.deliver(1, "a", token=2, claimed=20, deliveries=1)
    assert_broken(story, "Q9")


def test_attempt_that_was_not_counted(story: Story) -> None:
    story.nack(1)
    story.deliver(1, "a", token=2, claimed=20, attempts=0)
    assert_broken(story, "Q9")


def test_attempt_that_nobody_made(story: Story) -> None:
    story.deliver(1, "a", token=2, claimed=20, attempts=1)
    assert_broken(story, "Q9")


def test_unknown_nack_may_be_an_attempt(story: Story) -> None:
    story.answer("nack", 1, outcome="info", dead_letter=False, max_attempts=5)
    story.deliver(1, "a", token=2, claimed=20, attempts=0)
    story.answer("nack", 1, 2, outcome="info", dead_letter=False, max_attempts=5)
    story.deliver(1, "a", token=3, claimed=40, attempts=1)
    assert_valid(story)


def test_deliveries_whose_answers_were_cut_off_are_counted(story: Story) -> None:
    story.deliver(1, "a", token=4, claimed=40, deliveries=4)
    assert_valid(story)


def test_redrive_begins_the_counters_anew() -> None:
    story = Story(drained=False)
    story.enqueue("a", ids=[1])
    story.deliver(1, "a")
    story.nack(1, again=False)
    story.operation("redrive", {"queue": "q", "ids": None}, {"count": 1})
    story.deliver(1, "a", token=2, claimed=1, deliveries=1, attempts=0)
    story.store_message(1, "a")
    assert_valid(story)


def test_message_dies_too_early(story: Story) -> None:
    story.nack(1, again=False, max_attempts=2)
    assert_broken(story, "Q9")


def test_message_lives_too_long(story: Story) -> None:
    story.nack(1, again=True, max_attempts=1)
    assert_broken(story, "Q9")


def test_dead_message_that_is_no_dead_letter() -> None:
    story = Story()
    story.enqueue("a", ids=[1])
    story.deliver(1, "a")
    story.nack(1, again=False, max_attempts=1)
    assert_broken(story, "Q9")
    story.store_message(1, "a", reason="max_attempts")
    assert_valid(story)


def test_message_that_is_delivered_for_ever(story: Story) -> None:
    story.deliver(1, "a", token=21, claimed=400)
    assert_broken(story, "Q9")


# -- Q12: a batch has what was asked for ----------------------------------------


def test_batch_with_too_many_messages() -> None:
    story = Story(drained=False)
    story.enqueue("a", "b", ids=[1, 2])
    story.store_message(1, "a")
    story.store_message(2, "b")
    delivery = {"deliveries": 1, "attempts": 0, "until": SECOND, "digest": "d"}
    story.operation(
        "dequeue",
        {"queue": "q", "limit": 1, "timeout": 1, "asked_at": 0},
        {
            "deliveries": [
                {"id": 1, "token": 1, "item": "a", **delivery},
                {"id": 2, "token": 1, "item": "b", **delivery},
            ]
        },
    )
    assert_broken(story, "Q12")


def test_batch_with_one_message_twice() -> None:
    story = Story(drained=False)
    story.enqueue("a", ids=[1])
    story.store_message(1, "a")
    story.deliver(1, "a", times=2, limit=2)
    assert_broken(story, "Q12", "Q5")
