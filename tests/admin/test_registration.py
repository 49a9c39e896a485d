"""The classes are everybody's: to be subclassed and registered again."""

import pytest
from django.contrib import admin
from django.contrib.admin.sites import all_sites
from django.test import RequestFactory

from eventstreaming.admin import EventAdmin, StreamAdmin, register_pages
from eventstreaming.models import Event, Stream


def test_the_pages_of_the_app() -> None:
    names = {
        model._meta.model_name
        for model in admin.site._registry
        if model._meta.app_label == "eventstreaming"
    }
    assert names == {
        "deadletter",
        "event",
        "message",
        "overview",
        "parkedevent",
        "queue",
        "saga",
        "schedule",
        "stream",
        "streamconfiguration",
        "subscription",
        "taskresult",
        "workerheartbeat",
    }


def test_django_finds_nothing_wrong() -> None:
    assert [error for site in all_sites for error in site.check(None)] == []


def test_a_site_of_ones_own_gets_all_pages() -> None:
    site = admin.AdminSite("other")
    register_pages(site)
    assert len(site._registry) == 13
    assert site.check(None) == []


@pytest.mark.django_db
def test_a_subclass_on_another_site(admin_user: object) -> None:
    class MyEventAdmin(EventAdmin):
        list_display = (*EventAdmin.list_display, "key")
        list_per_page = 20

    site = admin.AdminSite("other")
    site.register(Event, MyEventAdmin)
    site.register(Stream, StreamAdmin)
    assert site.check(None) == []
    request = RequestFactory().get("/")
    request.user = admin_user
    page = site._registry[Event].changelist_view(request)
    page.render()
    assert page.status_code == 200
