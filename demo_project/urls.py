"""The demo's pages: the admin, and the events over HTTP for who is logged in."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index")),
    path("admin/", admin.site.urls),
    path("api/event-streams/", include("eventstreaming.http.urls")),
]
