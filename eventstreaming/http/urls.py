"""
All addresses, in one module:

    path("api/event-streams/", include("eventstreaming.http.urls"))

Names of streams may have slashes, so a name ends an address.
"""

from django.urls import path

from eventstreaming.http import queues, status, streams, subscriptions
from eventstreaming.http.endpoints import endpoint
from eventstreaming.http.live import views as live
from eventstreaming.operations.permissions import Permission

app_name = "eventstreaming"

VIEW, PUBLISH = Permission.VIEW, Permission.PUBLISH
OPERATE, DELETE = Permission.OPERATE, Permission.DELETE

urlpatterns = [
    path("status", endpoint(GET=(VIEW, status.show_status)), name="status"),
    path("streams", endpoint(GET=(VIEW, streams.list_streams)), name="streams"),
    path(
        "streams/<path:name>", endpoint(GET=(VIEW, streams.show_stream)), name="stream"
    ),
    path("events", endpoint(GET=(VIEW, streams.read_all)), name="all-events"),
    path(
        "events/<path:name>",
        endpoint(
            GET=(VIEW, streams.read_events), POST=(PUBLISH, streams.append_events)
        ),
        name="events",
    ),
    path(
        "categories/<path:name>",
        endpoint(pattern="%s-*", GET=(VIEW, streams.read_category)),
        name="category",
    ),
    path("live", endpoint(GET=(VIEW, live.watch_all)), name="live-all"),
    path(
        "live/streams/<path:name>",
        endpoint(GET=(VIEW, live.watch_stream)),
        name="live-stream",
    ),
    path(
        "live/categories/<path:name>",
        endpoint(pattern="%s-*", GET=(VIEW, live.watch_category)),
        name="live-category",
    ),
    path(
        "live/correlations/<path:correlation_id>",
        endpoint(GET=(VIEW, live.watch_correlation)),
        name="live-correlation",
    ),
    path("queues", endpoint(GET=(VIEW, queues.list_queues)), name="queues"),
    path("queues/<path:name>", endpoint(GET=(VIEW, queues.show_queue)), name="queue"),
    path(
        "messages/<path:name>",
        endpoint(POST=(PUBLISH, queues.enqueue_message)),
        name="messages",
    ),
    path(
        "dead-letters/<path:name>",
        endpoint(GET=(VIEW, queues.list_dead_letters)),
        name="dead-letters",
    ),
    path(
        "redrive/<path:name>",
        endpoint(POST=(OPERATE, queues.redrive_dead_letters)),
        name="redrive",
    ),
    path(
        "discard/<path:name>",
        endpoint(POST=(DELETE, queues.discard_dead_letters)),
        name="discard",
    ),
    path(
        "subscriptions",
        endpoint(GET=(VIEW, subscriptions.list_subscriptions)),
        name="subscriptions",
    ),
    path(
        "subscriptions/<path:name>",
        endpoint(GET=(VIEW, subscriptions.show_subscription)),
        name="subscription",
    ),
    path(
        "reset/<path:name>",
        endpoint(POST=(OPERATE, subscriptions.reset)),
        name="reset",
    ),
]
