"""Every page, as a superuser and as somebody who may only look."""

from collections.abc import Iterator

import pytest

from tests.admin.every_page import every_page
from tests.browser.contents import ATTACK
from tests.browser.person import Person

pytestmark = pytest.mark.django_db(transaction=True)

QUERIES = {"eventstreaming_event_timeline": {"correlation": ATTACK}}
NO_PAGES = {"export", "raw", "rows"}  # files, and what another page asks for
OF_DJANGO = {"history", "delete"}  # templates, so their colours are not ours


def test_every_page_is_sound_for_a_superuser(superuser: Person) -> None:
    complaints = []
    for url, kind, is_another in addresses():
        if is_open(superuser, url):
            complaints += superuser.complaints()
            if not is_another:
                complaints += superuser.faults(dark=kind not in OF_DJANGO)
    assert "\n".join(complaints) == ""


def test_every_page_is_sound_for_a_viewer(viewer: Person) -> None:
    """What cannot be changed is shown as on the pages where nobody changes a thing."""
    complaints = []
    for url, kind, is_another in addresses():
        if kind not in OF_DJANGO and not is_another and is_open(viewer, url):
            complaints += viewer.complaints(["light"])
    assert "\n".join(complaints) == ""


def is_open(person: Person, url: str) -> bool:
    """Open a page, and say if it is this person's to see."""
    person.open(url)
    status = person.status()
    if status == 403:
        person.driver.get_log("browser")
        return False
    assert status == 200, f"{url} answers {status}"
    return True


def addresses() -> Iterator[tuple[str, str, bool]]:
    """Yield pages, their kinds, and if another of their name was there before."""
    yield "/admin/", "index", False
    yield "/admin/eventstreaming/", "index", False
    before = ""
    for page in every_page(QUERIES, objects=2):
        kind = page.name.rpartition("_")[2]
        is_another = page.name == before
        before = page.name
        # A second history is as the first.
        if kind not in NO_PAGES and not (is_another and kind in OF_DJANGO):
            yield page.url, kind, is_another
