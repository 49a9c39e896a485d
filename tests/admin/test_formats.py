"""Values as people read them."""

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.utils import timezone

from eventstreaming.admin.formats import (
    duration,
    ending,
    list_link,
    moment,
    object_link,
    summary,
)

ADMIN = SimpleNamespace(admin_site=admin.site)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.9, "0 s"),
        (-5, "0 s"),
        (59, "59 s"),
        (61, "1 min 1 s"),
        (3_599, "59 min 59 s"),
        (7_260, "2 h 1 min"),
        (90_000, "1 d 1 h"),
    ],
)
def test_duration(seconds: float, text: str) -> None:
    assert f">{text}</time>" in duration(seconds)


def test_duration_that_is_not_known() -> None:
    assert duration(None) == "-"


def test_moment_is_local_and_exact() -> None:
    value = datetime(2026, 1, 2, 23, 4, 5, 678_901, tzinfo=UTC)
    with timezone.override("Europe/Berlin"):
        html = moment(value, precise=True)
    assert 'datetime="2026-01-02T23:04:05.678901+00:00"' in html
    assert "<span>2026-01-03</span> <span>00:04:05.678</span>" in html
    assert 'title="2026-01-03 00:04:05.678901+01:00"' in html


def test_moment_without_time_zones() -> None:
    value = datetime(2026, 1, 2, 3, 4, 5)  # noqa: DTZ001
    assert "<span>2026-01-02</span> <span>03:04:05</span>" in moment(value)
    assert moment(None) == "-"


@pytest.mark.parametrize(
    ("error", "line"),
    [
        ("", "-"),
        ("first\nsecond", "first"),
        ("Traceback (most recent call last):\n  x\nValueError: y\n", "ValueError: y"),
        ("<b>", "&lt;b&gt;"),
        ("x" * 90, "x" * 79 + "…"),
    ],
)
def test_summary(error: str, line: str) -> None:
    assert summary(error) == f'<span class="es-summary">{line}</span>'


def test_ending_keeps_short_ids() -> None:
    assert ending("order-1") == "order-1"
    assert ">…34567890abcd</span>" in ending("01234567-89ab-cdef-0123-1234567890abcd")


def test_a_model_without_pages_is_shown_as_text() -> None:
    assert list_link(ADMIN, LogEntry, "<log>", x=1) == "&lt;log&gt;"
    assert object_link(ADMIN, LogEntry, 1, "one") == "one"
