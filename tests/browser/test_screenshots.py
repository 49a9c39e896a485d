"""The pictures of the documentation: `make screenshots` takes them."""

import os
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from selenium.webdriver import Chrome

from eventstreaming.models import Event, Saga
from tests.browser import shop_day
from tests.browser.person import Person

FOLDER = os.environ.get("SCREENSHOTS")

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not FOLDER, reason="`make screenshots` runs it"),
]

WIDTH = 1120
SCHEMES = ("light", "dark")


@pytest.fixture
def saga() -> Saga:
    return shop_day.live_through()


@pytest.fixture
def operator(browser: Chrome, site: str, saga: Saga) -> Person:
    client = Client()
    client.force_login(User.objects.create_superuser("grace"))
    person = Person(browser, site)
    person.be(client)
    person.open("/admin/login/")
    keep_closed = "localStorage.setItem('django.admin.navSidebarIsOpen', 'false')"
    browser.execute_script(keep_closed)
    return person


def test_screenshots(operator: Person, saga: Saga) -> None:
    """Take each page in light and in dark; a page that is not sound fails."""
    order = Event.objects.filter(correlation_id=saga.correlation_id).earliest(
        "position"
    )
    for name, height, address in (
        ("overview", 1120, page("overview_changelist")),
        ("events", 520, page("event_changelist")),
        ("event", 1120, page("event_change", order.pk)),
        (
            "timeline",
            600,
            f"{page('event_timeline')}?correlation={saga.correlation_id}",
        ),
        ("queues", 400, page("queue_changelist")),
        ("messages", 520, page("message_changelist")),
        ("dead-letters", 560, page("deadletter_changelist")),
        ("saga", 1400, page("saga_change", saga.pk)),
        ("workers", 400, page("workerheartbeat_changelist")),
    ):
        operator.open(address)
        assert operator.complaints() == []
        for scheme in SCHEMES:
            operator.prefer(scheme)
            path = Path(str(FOLDER), f"{name}-{scheme}.png")
            take(operator.driver, path, tallest=height)


def page(name: str, *keys: object) -> str:
    return reverse(f"admin:eventstreaming_{name}", args=keys)


def take(driver: Chrome, path: Path, *, tallest: int) -> None:
    """Write a picture of the page, or of its beginning."""
    driver.execute_cdp_cmd("Emulation.setScrollbarsHidden", {"hidden": True})
    for height in (200, None):
        height = height or driver.execute_script("return document.body.scrollHeight")
        size = {"width": WIDTH, "height": min(height, tallest)}
        driver.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {**size, "deviceScaleFactor": 1, "mobile": False},
        )
    driver.save_screenshot(str(path))
    driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
