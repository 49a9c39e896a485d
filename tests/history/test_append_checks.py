"""Valid and invalid histories for L1 to L5 and L10."""

from tests.history.final import StoredEventRow
from tests.history.story import Story, event
from tests.history.verdicts import assert_broken, assert_valid


def conflict(story: Story, expected: int, actual: int, **more: object) -> None:
    """Add an append that was refused."""
    result = {"error": "WrongExpectedVersion", "actual": actual}
    story.append(
        "refused",
        expected=expected,
        stored=False,
        outcome="fail",
        result=result,
        **more,
    )


# -- L1: no append is lost ------------------------------------------------------


def test_append_is_where_it_said() -> None:
    story = Story()
    story.append("a", "b")
    story.append("c", offset=2, position=5)
    story.store_stream("s", 0, 3)
    assert_valid(story)


def test_lost_append() -> None:
    story = Story()
    story.append("a", stored=False)
    assert_broken(story, "L1")


def test_append_that_is_there_twice() -> None:
    story = Story()
    story.append("a")
    story.store_events(StoredEventRow("another", 0, 2, "another id", "T", "a", "d"))
    assert_broken(story, "L1", "L4")


def test_event_that_was_changed() -> None:
    story = Story()
    story.append("a", stored=False)
    story.store_events(event("a")._replace(digest="another"))
    assert_broken(story, "L1", "L6")


def test_events_below_the_first_offset_are_not_missed() -> None:
    story = Story()
    story.append("a", stored=False)
    story.append("b", offset=1, position=2)
    story.store_stream("s", 1, 2)
    assert_valid(story)


# -- L2: an append with an unknown outcome is whole or absent -------------------


def test_unknown_append_is_absent_or_whole() -> None:
    for stored in (False, True):
        story = Story()
        story.append("a", "b", outcome="info", stored=stored)
        assert_valid(story)


def test_half_of_an_unknown_append() -> None:
    story = Story()
    story.append("a", "b", outcome="info", stored=False)
    story.store_events(event("a"))
    assert_broken(story, "L2")


def test_unknown_append_that_is_there_twice() -> None:
    story = Story()
    story.append("a", outcome="info")
    story.store_events(StoredEventRow("s", 1, 2, "another id", "T", "a", "d"))
    assert_broken(story, "L2")


def test_append_inside_an_unknown_commit_is_unknown() -> None:
    story = Story()
    block = story.block("info", during=(0, 9))
    story.append("a", "b", block=block, stored=False)
    assert_valid(story)
    story.store_events(event("a"))
    assert_broken(story, "L2")


# -- L3: nothing of a failed append appears -------------------------------------


def test_failed_append_is_absent() -> None:
    story = Story()
    story.append("a", outcome="fail", stored=False)
    assert_valid(story)


def test_failed_append_is_stored() -> None:
    story = Story()
    story.append("a", outcome="fail")
    assert_broken(story, "L3")


def test_rolled_back_append_is_stored() -> None:
    story = Story()
    block = story.block("fail", during=(0, 9))
    story.append("a", block=block)
    assert_broken(story, "L3")


def test_append_of_a_rolled_back_savepoint_is_stored() -> None:
    story = Story()
    outer = story.block(during=(0, 9))
    inner = story.block("fail", during=(1, 8), block=outer)
    story.append("a", block=inner)
    assert_broken(story, "L3")


def test_rolled_back_append_was_read() -> None:
    story = Story()
    block = story.block("fail", during=(0, 9))
    story.append("a", block=block, stored=False)
    story.read(event("a"), process="another")
    assert_broken(story, "L3", "L9")


def test_transaction_may_read_its_own_append() -> None:
    story = Story()
    block = story.block("fail", during=(0, 9))
    story.append("a", block=block, stored=False)
    story.read(event("a"), block=block)
    assert_valid(story)


# -- L4: offsets have no gaps ---------------------------------------------------


def test_gap_in_a_stream() -> None:
    story = Story()
    story.append("a")
    story.append("b", offset=2, position=2)
    story.store_stream("s", 0, 3)
    assert_broken(story, "L4")


def test_head_beyond_the_events() -> None:
    story = Story()
    story.append("a")
    story.store_stream("s", 0, 2)
    assert_broken(story, "L4")


def test_append_that_is_not_in_order() -> None:
    story = Story()
    story.append("a", "b", stored=False, outcome="info")
    story.store_events(event("b"), event("a", offset=1, position=2))
    assert_broken(story, "L4")


# -- L5: real time --------------------------------------------------------------


def test_appends_at_the_same_time_have_any_order() -> None:
    story = Story()
    story.append("a", stream="one", position=2, during=(1, 4))
    story.append("b", stream="two", position=1, during=(2, 3))
    assert_valid(story)


def test_later_append_has_the_lower_position() -> None:
    story = Story()
    story.append("a", stream="one", position=2, during=(1, 2))
    story.append("b", stream="two", position=1, during=(3, 4))
    assert_broken(story, "L5")


def test_append_ends_with_its_commit() -> None:
    story = Story()
    block = story.block(during=(0, 9))
    story.append("a", stream="one", position=2, during=(1, 2), block=block)
    story.append("b", stream="two", position=1, during=(3, 4))
    assert_valid(story)


def test_later_append_has_the_lower_offset() -> None:
    story = Story()
    story.append("a", offset=1, position=2, during=(1, 2))
    story.append("b", offset=0, position=1, during=(3, 4))
    assert_broken(story, "L5")


# -- L10: expected version ------------------------------------------------------


def test_one_winner_and_one_conflict() -> None:
    story = Story()
    story.append("a", expected=-1)
    conflict(story, expected=-1, actual=0)
    story.append("b", offset=1, position=2, expected=0)
    assert_valid(story)


def test_two_winners_of_one_version() -> None:
    story = Story()
    story.append("a", expected=-1)
    story.append("b", offset=1, position=2, expected=-1)
    assert_broken(story, "L10")


def test_conflict_without_a_cause() -> None:
    story = Story()
    story.append("a")
    conflict(story, expected=0, actual=0)
    assert_broken(story, "L10")


def test_conflict_with_an_append_that_was_running() -> None:
    story = Story()
    story.append("a", during=(1, 9))
    conflict(story, expected=-1, actual=0, during=(2, 3))
    assert_valid(story)


def test_conflict_of_one_that_expects_too_much() -> None:
    story = Story()
    story.append("a")
    conflict(story, expected=7, actual=0)
    assert_valid(story)
