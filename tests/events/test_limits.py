"""The bounds of what may be stored, by the settings."""

from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import override_settings

from eventstreaming.events.limits import Limits, limits


def test_defaults_are_in_force_without_the_setting() -> None:
    assert limits() == Limits()
    assert limits().data_bytes == 262_144
    assert limits().events_per_append == 10_000


def test_setting_changes_what_it_names() -> None:
    with override_settings(EVENT_STREAM_LIMITS={"data_bytes": 1_000, "delay": 0.5}):
        assert limits() == Limits(data_bytes=1_000, delay=0.5)
    assert limits() == Limits()


@pytest.mark.parametrize(
    ("setting", "problem"),
    [
        ({"data_byte": 1}, "unknown limit 'data_byte'; known are data_bytes"),
        ({"depth": 0}, "'depth'.* must be a positive number"),
        ({"depth": -1}, "must be a positive number"),
        ({"depth": True}, "must be a positive number"),
        ({"depth": "9"}, "must be a positive number"),
        ([("depth", 9)], "must be a dict"),
    ],
    ids=str,
)
def test_wrong_setting_is_named(setting: Any, problem: str) -> None:
    with (
        override_settings(EVENT_STREAM_LIMITS=setting),
        pytest.raises(ImproperlyConfigured, match=problem),
    ):
        limits()
