"""The overview renews its numbers, rests when it is told to, and says when it cannot."""

import time

import pytest
from django.http import HttpRequest
from selenium.webdriver.support.ui import WebDriverWait

from eventstreaming import EventData, append
from eventstreaming.admin import OverviewAdmin
from tests.browser.person import SECONDS, Person

pytestmark = pytest.mark.django_db(transaction=True)

PAGE = "/admin/eventstreaming/overview/"
FIRST_LINK = "#es-overview tbody a"
HIDE = (
    "Object.defineProperty(document, 'hidden', {value: arguments[0], configurable: true});"
    "document.dispatchEvent(new Event('visibilitychange'))"
)


def wait_for(person: Person, selector: str, text: str) -> None:
    WebDriverWait(person.driver, SECONDS).until(
        lambda _: any(text in found for found in person.texts(selector)),
        f"{text} is not in {selector}",
    )


def last_position() -> str:
    return f"last position {append('fresh', EventData('A', {}))[0].position}."


def test_overview_refreshes_itself(
    superuser: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(OverviewAdmin, "refresh_seconds", 0.2)
    superuser.open(PAGE)
    superuser.driver.execute_script(f"document.querySelector('{FIRST_LINK}').focus()")
    wait_for(superuser, ".es-fence", last_position())
    keeps_focus = (
        f"return document.activeElement === document.querySelector('{FIRST_LINK}')"
    )
    assert superuser.driver.execute_script(keeps_focus)

    superuser.driver.execute_script(HIDE, True)
    fresh = last_position()
    asked: list[object] = []
    original = OverviewAdmin.has_view_permission
    with monkeypatch.context() as patch:
        patch.setattr(
            OverviewAdmin,
            "has_view_permission",
            lambda self, request: asked.append(request) or False,
        )
        superuser.driver.execute_async_script("setTimeout(arguments[0], 700)")
        hidden = len(asked)
        superuser.driver.execute_script(HIDE, False)
        wait_for(superuser, ".es-refresh [role=status]", "Could not refresh")
        assert hidden <= 1  # what was under way
    assert OverviewAdmin.has_view_permission is original
    wait_for(superuser, ".es-fence", fresh)
    assert superuser.texts(".es-refresh [role=status]") == [""]

    def slow(self: OverviewAdmin, request: HttpRequest) -> bool:
        time.sleep(0.3)  # so an answer is under way when somebody pauses
        return original(self, request)

    with monkeypatch.context() as patch:
        patch.setattr(OverviewAdmin, "has_view_permission", slow)
        superuser.driver.execute_async_script("setTimeout(arguments[0], 400)")
        superuser.find(".es-refresh button").click()
        fresh = last_position()
        assert superuser.texts(".es-refresh button") == ["Refresh again"]
        superuser.driver.execute_async_script("setTimeout(arguments[0], 700)")
        assert fresh not in superuser.texts(".es-fence")[0]
    superuser.find(".es-refresh button").click()
    wait_for(superuser, ".es-fence", fresh)
