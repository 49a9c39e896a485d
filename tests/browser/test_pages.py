"""Every page, as a superuser and as somebody who may only look."""

from urllib.parse import quote

import pytest

from tests.browser.contents import ATTACK
from tests.browser.person import Person

pytestmark = pytest.mark.django_db(transaction=True)

ROOT = "/admin/eventstreaming/"
LISTS = (
    "overview",
    "stream",
    "streamconfiguration",
    "event",
    "queue",
    "message",
    "deadletter",
    "subscription",
    "saga",
    "taskresult",
    "schedule",
    "workerheartbeat",
)


def test_every_page_is_sound_for_a_superuser(superuser: Person) -> None:
    assert "\n".join(walk(superuser)) == ""


def test_every_page_is_sound_for_a_viewer(viewer: Person) -> None:
    assert "\n".join(walk(viewer)) == ""


def walk(person: Person) -> list[str]:
    """Look at both indexes, at each list and at the pages of its first rows."""
    complaints = []
    for path in ("/admin/", ROOT):
        person.open(path)
        complaints += person.complaints()
    person.open(f"{ROOT}event/timeline/?correlation={quote(ATTACK)}")
    assert len(person.texts(".es-story > li")) > 5
    complaints += person.complaints()
    for name in LISTS:
        person.open(f"{ROOT}{name}/")
        complaints += person.complaints()
        for page in person.links(f"#result_list a[href*='/{name}/'][href*='/change/']"):
            person.open(page)
            complaints += person.complaints()
    return complaints
