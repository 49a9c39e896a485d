"""Who is offered what: a viewer nothing, an operator no settings."""

from typing import Any

import pytest
from django.apps import apps
from django.contrib.admin.models import LogEntry

from tests.admin.every_page import AdminPage, every_action, every_page
from tests.browser.contents import ATTACK
from tests.browser.person import Person

pytestmark = pytest.mark.django_db(transaction=True)

QUERIES = {"eventstreaming_event_timeline": {"correlation": ATTACK}}
NO_PAGES = ("_export", "_raw", "_rows")
# Everything on a page that would change something, but for the log-out of Django.
CONTROLS = """
const controls = "select[name$=action], input[name=_selected_action], .addlink, " +
    ".deletelink, form[method=post]:not(#logout-form, #changelist-form) [type=submit]";
return [...document.querySelectorAll(controls)]
    .filter((control) => control.checkVisibility() && control.form?.method !== "get")
    .map((control) => control.outerHTML);
"""
# Send forms from where the person is, with the token that the browser has.
SEND = """
const [forms, done] = arguments;
const token = document.cookie.match(/csrftoken=(\\w+)/)[1];
const send = ([url, fields]) => fetch(url, {
    method: "POST", headers: {"X-CSRFToken": token}, body: new URLSearchParams(fields),
}).then(({status, redirected}) => redirected ? 302 : status);
Promise.all(forms.map(send)).then(done);
"""


def pages() -> list[AdminPage]:
    found = every_page(QUERIES, objects=1)
    return [page for page in found if not page.name.endswith(NO_PAGES)]


def rows() -> dict[str, list[Any]]:
    """Return all there is."""
    models = apps.get_app_config("eventstreaming").get_models()
    return {
        model.__name__: list(model._default_manager.order_by("pk").values())
        for model in models
    }


def test_a_viewer_is_offered_nothing_and_refused_everything(viewer: Person) -> None:
    every = pages()
    before = rows()
    complaints = []
    for page in every:
        viewer.open(page.url)
        controls = viewer.driver.execute_script(CONTROLS)
        complaints += [f"{page.name}: {control}" for control in controls]
        if viewer.status() == 200 and not page.name.endswith("_history"):
            complaints += viewer.complaints(["light"])
        viewer.logged()
    assert "\n".join(complaints) == ""

    viewer.open("/admin/")
    forms = [page for page in every if not page.name.endswith("_changelist")]
    sent = [[page.url, {"post": "yes", "_save": "1", "data": "{}"}] for page in forms]
    answers = viewer.driver.execute_async_script(SEND, sent)
    # Pages that only show something show it whatever they are sent.
    shown = ("_timeline", "_history", "_tail", "_jump")
    done = [
        (page.name, status)
        for page, status in zip(forms, answers, strict=True)
        if status != 403 and not page.name.endswith(shown)
    ]
    assert done == []
    lists = {p.model: p.url for p in every if p.name.endswith("_changelist")}
    keys = {model: model._default_manager.latest("pk").pk for model in lists}
    sent = [
        [
            lists[model],
            {"action": name, "confirmed": "yes", "_selected_action": keys[model]},
        ]
        for model, name in every_action()
    ]
    assert len(sent) > 15
    assert max(viewer.driver.execute_async_script(SEND, sent)) < 500
    assert rows() == before
    assert not LogEntry.objects.exists()


def test_an_operator_configures_nothing(operator: Person) -> None:
    """What an operator does is in test_deeds.py."""
    for page in pages():
        if page.name.endswith(("_add", "_delete")):
            operator.open(page.url)
            assert operator.status() == 403, page.url
