"""The list of events as its templates ask for it."""

from collections.abc import Sequence

from django.contrib.admin.views.main import PAGE_VAR
from django.http import HttpRequest
from django.urls import reverse

from eventstreaming.admin.event_jumps import PLACE, TIME
from eventstreaming.admin.event_tail import PAGE_URL
from eventstreaming.admin.pages import KeysetChangeList


class EventChangeList(KeysetChangeList):
    """A page of events, with the ways to a time or place, and to the live tail."""

    jump_url = tail_url = ""
    jump_fields: Sequence[tuple[str, str]] = ()

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        site = self.model_admin.admin_site.name
        self.jump_url = reverse("admin:eventstreaming_event_jump", current_app=site)
        tail = reverse(f"admin:{PAGE_URL}", current_app=site)
        self.tail_url = f"{tail}{self.get_query_string(remove=[PAGE_VAR])}"
        self.jump_fields = [
            (name, value)
            for name, values in request.GET.lists()
            for value in values
            if name not in (PAGE_VAR, TIME, PLACE)
        ]
