"""Every page, as a superuser; test_roles.py has those who may do less."""

from collections.abc import Iterator

import pytest

from tests.admin.every_page import every_page
from tests.browser.contents import ATTACK
from tests.browser.person import Person

pytestmark = pytest.mark.django_db(transaction=True)

QUERIES = {"eventstreaming_event_timeline": {"correlation": ATTACK}}
NO_PAGES = {"export", "raw", "rows"}  # files, and what another page asks for
OF_DJANGO = {"history", "delete"}  # templates: alike, and their colours not ours


def test_every_page_is_sound_for_a_superuser(superuser: Person) -> None:
    complaints = []
    seen: set[str] = set()
    for url, kind in addresses():
        superuser.open(url)
        status = superuser.status()
        if status == 403:
            superuser.logged()
            continue
        assert status == 200, f"{url} answers {status}"
        complaints += superuser.complaints(["dark"])  # light: test_roles.py
        if kind not in seen & OF_DJANGO:
            # Of forms the colours are those of lists; axe takes a second a look.
            in_dark = kind not in OF_DJANGO | {"add", "change"}
            complaints += superuser.faults(dark=in_dark)
        seen.add(kind)
    assert "\n".join(complaints) == ""


def addresses() -> Iterator[tuple[str, str]]:
    """Yield pages and their kinds."""
    yield "/admin/", "index"
    yield "/admin/eventstreaming/", "index"
    for page in every_page(QUERIES, objects=1):
        kind = page.name.rpartition("_")[2]
        if kind not in NO_PAGES:
            yield page.url, kind
