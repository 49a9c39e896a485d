"""The settings of streams as a form: units, refusals, rights."""

from datetime import timedelta

import pytest
from django.test import Client

from eventstreaming import configure_stream, stream_settings
from eventstreaming.models import StreamConfiguration
from tests.admin.conftest import Staff
from tests.admin.pages import ROOT, post, visit

pytestmark = pytest.mark.django_db

LIST = "streamconfiguration/"
FIELDS = ("pattern", "description", "tags", "max_age", "max_count", "max_bytes", "kind")


def form(**values: str) -> dict[str, str]:
    return {**dict.fromkeys(FIELDS, ""), "until_consumed": "unknown", **values}


def test_settings_are_added_with_units_and_the_store_obeys(
    admin_client: Client,
) -> None:
    values = {"max_age": "90 d", "max_bytes": "1.5 GB", "max_count": "1000"}
    post(
        admin_client,
        f"{LIST}add/",
        **form(pattern="order-*", tags="shop, eu", until_consumed="true", **values),
    )
    settings = stream_settings("order-1")
    assert settings.max_age == timedelta(days=90).total_seconds()
    assert (settings.max_bytes, settings.max_count) == (1_500_000_000, 1_000)
    assert settings.until_consumed
    assert settings.tags == ("shop", "eu")
    (row,) = visit(admin_client, LIST).rows
    kept = "90 d, 1,000 events, 1500 MB"
    assert row[-6:] == ["order-*", kept, "yes", "-", "shop, eu", "-"]


def test_settings_are_changed_and_emptied(admin_client: Client) -> None:
    configure_stream("audit", max_age=5400, max_count=9, tags=["a", "b"])
    path = f"{LIST}{StreamConfiguration.objects.get().pk}/change/"
    page = visit(admin_client, path)
    assert 'value="90 min"' in page.html
    assert 'value="a, b"' in page.html
    assert 'name="pattern"' not in page.html  # another one is for other streams
    post(admin_client, path, **form(keep_forever="on"))
    row = StreamConfiguration.objects.get()
    assert (row.max_age, row.max_count, row.tags, row.until_consumed) == (
        None,
        None,
        [],
        None,
    )
    (cells,) = visit(admin_client, LIST).rows
    assert cells[-6:] == ["audit", "forever", "-", "-", "-", "-"]


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({"pattern": "a*"}, "is no pattern"),
        ({"pattern": "no spaces"}, "is refused: use letters"),
        ({"max_age": "soon"}, "Enter a number and a unit (s, min, h, d): 30 d"),
        ({"max_age": "5 weeks"}, "Enter a number and a unit"),
        ({"max_age": "0"}, "must be between 1 and"),
        ({"max_age": "9" * 30}, "must be between 1 and"),
        ({"max_bytes": "-5 MB"}, "Enter a number and a unit"),
        ({"max_bytes": "0.2"}, "must be between 1 and"),
        ({"max_bytes": "99999999 TB"}, "must be between 1 and"),
        ({"max_count": "0"}, "must be between 1 and"),
        ({"max_count": "5", "keep_forever": "on"}, "together with max_count"),
        ({"tags": "a\x00"}, "holds a NUL character"),
        ({"description": "x" * 10_001}, "at most 10000 characters"),
    ],
)
def test_settings_that_no_store_can_obey_are_refused(
    admin_client: Client, values: dict[str, str], problem: str
) -> None:
    page = post(admin_client, f"{LIST}add/", **form(**{"pattern": "orders", **values}))
    assert problem in page.text
    assert not StreamConfiguration.objects.exists()


def test_pattern_is_configured_once(admin_client: Client) -> None:
    configure_stream("orders", max_count=1)
    page = post(admin_client, f"{LIST}add/", **form(pattern="orders", max_count="2"))
    assert "already exists" in page.text or "is violated" in page.text
    assert stream_settings("orders").max_count == 1


def test_list_is_ordered_and_can_be_searched(admin_client: Client) -> None:
    for name in ("order-*", "audit", "*"):
        configure_stream(name, max_count=1)
    assert visit(admin_client, LIST).column(-6) == ["*", "audit", "order-*"]
    assert visit(admin_client, LIST, q="order").column(-6) == ["order-*"]
    assert "No name or pattern matches" in visit(admin_client, LIST, q="x").text


def test_who_may_only_look_changes_nothing(staff: Staff) -> None:
    configure_stream("orders", max_count=1)
    path = f"{LIST}{StreamConfiguration.objects.get().pk}/change/"
    viewer = staff("view_streamconfiguration")
    assert "orders" in visit(viewer, path).text
    assert viewer.post(f"{ROOT}{path}", form(max_count="9")).status_code == 403
    assert viewer.get(f"{ROOT}{LIST}add/").status_code == 403
    assert staff().get(f"{ROOT}{LIST}").status_code == 403
    editor = staff("view_streamconfiguration", "change_streamconfiguration")
    assert editor.post(f"{ROOT}{path}", form(max_count="9")).status_code == 302
    assert stream_settings("orders").max_count == 9


def test_empty_list_says_what_to_do(admin_client: Client) -> None:
    assert "all events are kept" in visit(admin_client, LIST).text
