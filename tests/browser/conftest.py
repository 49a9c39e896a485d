"""A browser for the whole run, and people at it."""

from collections.abc import Iterator

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from pytest_django.live_server_helper import LiveServer
from selenium.webdriver import Chrome

from tests.browser import chromium, contents
from tests.browser.person import Person


@pytest.fixture(scope="session", autouse=True)
def available() -> None:
    """Leave out what needs a browser where there is none."""
    if missing := chromium.what_is_missing():
        pytest.skip(missing)


@pytest.fixture(scope="session")
def site(django_db_setup: None, live_server: LiveServer) -> str:
    """Serve the pages; return where. The databases have their test names before."""
    return live_server.url


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory, site: str) -> Iterator[Chrome]:
    with chromium.chromium(tmp_path_factory.mktemp("profile")) as driver:
        yield driver


@pytest.fixture
def stranger(browser: Chrome, site: str) -> Iterator[Person]:
    """Somebody who is not logged in, at a site with something on every page."""
    contents.fill()
    browser.get_log("browser")
    yield Person(browser, site)
    browser.delete_all_cookies()
    browser.get("about:blank")


@pytest.fixture
def superuser(stranger: Person, admin_client: Client) -> Person:
    stranger.be(admin_client)
    return stranger


@pytest.fixture
def viewer(stranger: Person) -> Person:
    """Somebody who may see everything and do nothing."""
    user = User.objects.create_user("viewer", is_staff=True)
    user.user_permissions.set(
        Permission.objects.filter(
            content_type__app_label="eventstreaming", codename__startswith="view_"
        )
    )
    client = Client()
    client.force_login(user)
    stranger.be(client)
    return stranger


@pytest.fixture
def operator(stranger: Person) -> Person:
    """Somebody who may see everything and do every action, and configure nothing."""
    user = User.objects.create_user("operator", is_staff=True)
    ours = Permission.objects.filter(content_type__app_label="eventstreaming")
    settings = ("add_", "change_", "delete_", "pause_queue")
    for prefix in settings:
        ours = ours.exclude(codename__startswith=prefix)
    user.user_permissions.set(ours)
    client = Client()
    client.force_login(user)
    stranger.be(client)
    return stranger
