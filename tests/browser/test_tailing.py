"""The live tail shows what comes, rests when it is told to, and goes on from there."""

import pytest

from eventstreaming import EventData, append
from eventstreaming.admin import EventAdmin
from tests.browser.person import Person
from tests.browser.test_refreshing import HIDE, wait_for

pytestmark = pytest.mark.django_db(transaction=True)

PLACE = "#es-rows .field-place"
STATUS = ".es-refresh [role=status]"


def write(stream: str = "fresh-1") -> str:
    return f"{stream}@{append(stream, EventData('A', {}))[0].offset}"


def test_new_events_are_put_on_top(
    superuser: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(EventAdmin, "tail_seconds", 0.2)
    monkeypatch.setattr(EventAdmin, "tail_length", 4)
    superuser.open("/admin/eventstreaming/event/tail/?category=fresh")
    wait_for(superuser, "#es-nothing", "Nothing newer yet")
    first, second = write(), write()
    write("other-1")
    wait_for(superuser, PLACE, second)
    assert superuser.texts(PLACE) == [second, first]

    pause = superuser.driver.find_element("css selector", ".es-refresh button")
    pause.send_keys(" ")  # as a keyboard does
    wait_for(superuser, STATUS, "Paused.")
    third = write()
    superuser.driver.execute_async_script("setTimeout(arguments[0], 600)")
    assert superuser.texts(PLACE) == [second, first]
    pause.send_keys(" ")
    wait_for(superuser, PLACE, third)

    superuser.driver.execute_script(HIDE, True)
    superuser.driver.execute_async_script("setTimeout(arguments[0], 300)")
    later = [write() for _ in range(3)]
    superuser.driver.execute_async_script("setTimeout(arguments[0], 600)")
    assert superuser.texts(PLACE) == [third, second, first]
    superuser.driver.execute_script(HIDE, False)
    wait_for(superuser, PLACE, later[-1])
    assert superuser.texts(PLACE) == [*reversed(later), third]
    assert superuser.texts(STATUS) == [""]
    assert superuser.complaints() == []
