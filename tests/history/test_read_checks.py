"""Valid and invalid histories for L6 to L9, L13 and L14."""

import pytest

from tests.history.final import StoredEventRow
from tests.history.story import Story, event
from tests.history.verdicts import assert_broken, assert_valid

A, B, C = (event(item, offset=n, position=n + 1) for n, item in enumerate("abc"))


@pytest.fixture
def story() -> Story:
    """Begin with a stream of three events."""
    story = Story()
    story.append("a", "b", "c")
    story.store_stream("s", 0, 3)
    story.final(last_position=3)
    return story


# -- L6: a place has one event for ever -----------------------------------------


def test_place_that_was_given_to_another_event(story: Story) -> None:
    story.read(A, B._replace(item="x", event_id="id-x"), C)
    assert_broken(story, "L6", "L9")


def test_content_that_changed_between_two_reads(story: Story) -> None:
    story.read(A, B, C)
    story.read(A, B._replace(digest="another"), C)
    assert_broken(story, "L6")


# -- L7: in order, from where it was asked --------------------------------------


def test_readers_go_forwards_and_backwards(story: Story) -> None:
    story.read(A, B)
    story.read(C, start=3)
    story.read(C, B, A, backwards=True, start=3)
    story.read(B, C, source="s", start=1)
    assert_valid(story)


def test_step_back(story: Story) -> None:
    story.read(A, C, B)
    assert_broken(story, "L7")


def test_event_that_came_twice(story: Story) -> None:
    story.read(A, B, B, C)
    assert_broken(story, "L7")


def test_event_from_before_the_start(story: Story) -> None:
    story.read(A, B, C, start=2)
    assert_broken(story, "L7")


def test_more_than_the_limit(story: Story) -> None:
    story.read(A, B, C, limit=2)
    assert_broken(story, "L7")


# -- L8: a reader skips nothing -------------------------------------------------


def test_skipped_event(story: Story) -> None:
    story.read(A, C)
    assert_broken(story, "L8")


def test_skipped_first_event(story: Story) -> None:
    story.read(B, C)
    assert_broken(story, "L8")


def test_skipped_event_on_the_way_back(story: Story) -> None:
    story.read(C, A, backwards=True, start=3)
    assert_broken(story, "L8")


def test_reader_may_stop_below_the_fence_and_at_its_limit(story: Story) -> None:
    story.read(A)
    story.read(A, B, source="s", limit=2)
    story.read(B, C, source="s-*")
    assert_broken(story, "L8")  # the last one reads another category


def test_event_of_a_category_is_skipped() -> None:
    story = Story()
    story.append("a", stream="s-1")
    story.append("b", stream="t-1", position=2)
    story.append("c", stream="s-2", position=3)
    first, other, last = (
        event("a", stream="s-1"),
        event("b", stream="t-1", position=2),
        event("c", stream="s-2", position=3),
    )
    story.read(first, last, source="s-*")
    assert_valid(story)
    story.read(last, source="s-*")
    assert_broken(story, "L8")
    assert other.position == 2


def test_filtered_events_are_not_skipped(story: Story) -> None:
    story.store_events(StoredEventRow("s", 3, 4, "id-d", "Other", "d", "d"))
    story.store_stream("s", 0, 4)
    story.final(streams=[])
    story.append("d", offset=3, position=4, stored=False)
    story.read(A, B, C, event_types=["T"])
    assert_valid(story)


def test_stream_is_read_up_to_what_was_committed_before(story: Story) -> None:
    story.read(A, B, source="s")
    assert_broken(story, "L8")


def test_stream_need_not_be_read_beyond_the_beginning_of_the_read() -> None:
    story = Story()
    story.append("a", during=(1, 2))
    story.append("b", offset=1, position=2, during=(4, 5))
    story.read(A, source="s", during=(3, 6))
    assert_valid(story)


# -- L9: only what is committed is read -----------------------------------------


def test_event_that_is_in_no_log(story: Story) -> None:
    story.read(A, B, C, event("d", offset=3, position=4))
    assert_broken(story, "L9")


def test_event_of_an_unknown_append_that_came_to_nothing(story: Story) -> None:
    story.append("d", offset=3, position=4, outcome="info", stored=False)
    story.read(A, B, C, event("d", offset=3, position=4))
    assert_broken(story, "L9")


# -- L13: checkpoints -----------------------------------------------------------


def test_checkpoint_grows_to_the_head(story: Story) -> None:
    for place in (None, 1, 1, 3):
        story.operation("checkpoints", {}, {"places": {"sub": place}})
    story.checkpoint("*", 3)
    assert_valid(story)


def test_checkpoint_that_fell(story: Story) -> None:
    for place in (1, 3, 2):
        story.operation("checkpoints", {}, {"places": {"sub": place}})
    story.checkpoint("*", 3)
    assert_broken(story, "L13")


def test_checkpoint_that_fell_at_the_end(story: Story) -> None:
    story.operation("checkpoints", {}, {"places": {"sub": 3}})
    story.checkpoint("*", 2)
    assert_broken(story, "L13")


def test_samples_at_the_same_time_have_no_order(story: Story) -> None:
    for place, span in ((3, (5, 8)), (2, (6, 9))):
        story.operation("checkpoints", {}, {"places": {"sub": place}}, during=span)
    assert_valid(story)


@pytest.mark.parametrize(("source", "place"), [("*", 4), ("s", 3), ("none", 0)])
def test_checkpoint_beyond_the_head(story: Story, source: str, place: int) -> None:
    story.checkpoint(source, place)
    assert_broken(story, "L13")


# -- L14: effects ---------------------------------------------------------------


def subscribed(story: Story, *places: int, reached: int | None) -> Story:
    story.checkpoint("*", reached)
    story.final(exactly_once=["sub"])
    for place in places:
        story.effect("sub", "abc"[place - 1], place)
    return story


def test_each_effect_up_to_the_checkpoint(story: Story) -> None:
    assert_valid(subscribed(story, 1, 2, reached=2))


def test_effect_is_missing(story: Story) -> None:
    assert_broken(subscribed(story, 1, 3, reached=3), "L14")


def test_effect_happened_twice(story: Story) -> None:
    assert_broken(subscribed(story, 1, 2, 2, reached=2), "L14")


def test_effect_beyond_the_checkpoint(story: Story) -> None:
    assert_broken(subscribed(story, 1, 2, reached=1), "L14")


def test_effects_out_of_order(story: Story) -> None:
    assert_broken(subscribed(story, 2, 1, reached=2), "L14")


def handled(queue_kind: str, effects: int, deliveries: int = 1) -> Story:
    """Tell of one message of an exact or an ordinary queue."""
    story = Story()
    story.final(**{queue_kind: ["q"]})
    story.enqueue("a", ids=[1])
    for token in range(1, deliveries + 1):
        story.deliver(1, "a", token=token, claimed=20 * token)
    story.answer("acknowledge", 1, deliveries)
    for _ in range(effects):
        story.effect("q", "a")
    return story


def test_exact_queue_takes_effect_once() -> None:
    assert_valid(handled("exactly_once", effects=1, deliveries=2))
    assert_broken(handled("exactly_once", effects=2, deliveries=2), "L14")


def test_effect_of_a_message_that_is_still_there() -> None:
    story = Story(drained=False)
    story.final(exactly_once=["q"])
    story.enqueue("a", ids=[1])
    story.deliver(1, "a")
    story.effect("q", "a")
    story.store_message(1, "a")
    assert_broken(story, "L14")


def test_more_effects_than_deliveries() -> None:
    assert_valid(handled("at_least_once", effects=2, deliveries=2))
    assert_broken(handled("at_least_once", effects=2, deliveries=1), "L14")
