from eventstreaming.processing.activity import Activity


def test_worker_is_done_when_nothing_happened_since_everybody_looked() -> None:
    activity = Activity()
    activity.join("a")
    activity.join("b")
    assert not activity.all_done()

    activity.idle("a", activity.generation)
    assert not activity.all_done()

    activity.idle("b", activity.generation)
    assert activity.all_done()


def test_something_that_happens_after_a_look_counts() -> None:
    activity = Activity()
    activity.join("a")
    activity.join("b")
    before = activity.generation
    activity.happened()
    activity.idle("a", before)
    activity.idle("b", activity.generation)
    assert not activity.all_done()
    activity.idle("a", activity.generation)
    assert activity.all_done()
