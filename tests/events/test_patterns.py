"""Patterns of names, and which of them match."""

import pytest

from eventstreaming.events.patterns import is_pattern, matching, name_or_pattern


@pytest.mark.parametrize("name", ["mail", "mail-*", "a:b/c.*", "*", "mail-"])
def test_names_and_patterns_are_accepted(name: str) -> None:
    assert name_or_pattern(name) == name
    assert is_pattern(name) is name.endswith("*")


def test_closest_comes_first() -> None:
    assert matching("tasks:default:mail-1") == (
        "tasks:default:mail-1",
        "tasks:default:mail-*",
        "tasks:default:*",
        "tasks:*",
        "*",
    )
    assert matching("mail") == ("mail", "*")
    assert matching("mail-") == ("mail-", "mail-*", "*")
