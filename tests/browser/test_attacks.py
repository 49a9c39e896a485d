"""Whatever a text says, it is shown: it runs nothing and makes nothing of a page."""

import pytest

from eventstreaming.admin.viewing import KeysetAdmin
from tests.admin.every_page import every_page
from tests.browser import attacked
from tests.browser.attacks import ADDRESSES, ATTACKS, CHARACTERS, LANGUAGES
from tests.browser.person import INTRUSIONS, Person

pytestmark = pytest.mark.django_db(transaction=True)

QUERIES = {"eventstreaming_event_timeline": {"correlation": attacked.STORY}}
FILES = {"event_export", "event_raw"}
NAMES_ONLY = {"stream_change"}  # it shows no text but names
PLACES = [
    "<p>{}</p>",
    "<pre>{}</pre>",
    '<a title="{}">x</a>',
    "<a title='{}'>x</a>",
    "<a title={}>x</a>",
    "<a href='{}'>x</a>",
    "<textarea>{}</textarea>",
    "<title>{}</title>",
    "<!--{}-->",
]
ALL_SHOWN = 195  # some are cut where a text ends


def test_no_attack_makes_anything_of_a_page(
    superuser: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing runs and no element is there that the page has not made itself."""
    monkeypatch.setattr(KeysetAdmin, "list_per_page", 500)
    attacked.fill()
    every = [page for page in every_page(QUERIES, objects=1) if page.name not in FILES]
    made, shown = [], {}
    for page in every:
        superuser.open(page.url)
        found, shown[page.name] = superuser.intruders(ATTACKS)
        logged = superuser.logged()
        if superuser.status() != 403:
            found += logged
        made += [f"{page.name}: {text}" for text in found]
    assert "\n".join(made) == ""
    texts = {name for name in shown if name.endswith(("_changelist", "_change"))}
    assert {name for name in texts - NAMES_ONLY if shown[name] < ALL_SHOWN} == set()
    assert shown["event_timeline"] == len(ATTACKS)


def test_an_attack_is_noticed_where_nothing_is_escaped(stranger: Person) -> None:
    """Each that is no plain text gets out of some place, and each place lets some in."""
    stranger.open("/admin/login/")
    noticed: list[list[str]] = stranger.driver.execute_script(
        f"const look = function (sought, document) {{{INTRUSIONS}}};"
        "const isNoticed = (place, attack) => {"
        "    const page = place.replace('{}', () => attack);"
        "    const read = new DOMParser().parseFromString(page, 'text/html');"
        "    return look([], read).made.length > 0;"
        "};"
        "const [places, attacks] = arguments;"
        "return places.map((place) => attacks.filter((text) => isNoticed(place, text)))",
        PLACES,
        ATTACKS,
    )
    assert all(noticed), [len(found) for found in noticed]
    plain = {*ADDRESSES, *LANGUAGES, *CHARACTERS}
    assert {*ATTACKS} - plain - {
        attack for found in noticed for attack in found
    } == set()
