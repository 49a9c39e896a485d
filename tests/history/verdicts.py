"""What the tests of the checker say about a story."""

from tests.history.checker import names, violations
from tests.history.story import Story


def assert_valid(story: Story) -> None:
    """Assert that the checker finds nothing."""
    assert [str(violation) for violation in violations(story.facts())] == []


def assert_broken(story: Story, *invariants: str) -> None:
    """Assert that the checker finds exactly these invariants broken."""
    found = violations(story.facts())
    assert names(found) == set(invariants), "\n".join(map(str, found))
