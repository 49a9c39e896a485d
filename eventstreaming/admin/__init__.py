"""
The admin pages: what is in the streams and queues, and who reads them.

Every class can be subclassed and registered again:

    admin.site.unregister(Event)

    @admin.register(Event)
    class MyEventAdmin(EventAdmin): ...

A site of one's own gets all pages by `register_pages(site)`.
"""

from django.contrib import admin

from eventstreaming.admin.dead_letters import DeadLetterAdmin
from eventstreaming.admin.events import EventAdmin
from eventstreaming.admin.messages import MessageAdmin
from eventstreaming.admin.overview import OverviewAdmin
from eventstreaming.admin.pages import KeysetChangeList
from eventstreaming.admin.parked_events import ParkedEventAdmin
from eventstreaming.admin.queues import QueueAdmin
from eventstreaming.admin.registration import register_pages
from eventstreaming.admin.sagas import SagaAdmin
from eventstreaming.admin.schedules import ScheduleAdmin
from eventstreaming.admin.stream_configurations import StreamConfigurationAdmin
from eventstreaming.admin.streams import StreamAdmin
from eventstreaming.admin.subscriptions import CheckpointInline, SubscriptionAdmin
from eventstreaming.admin.task_results import TaskResultAdmin
from eventstreaming.admin.viewing import KeysetAdmin, ViewOnlyMixin
from eventstreaming.admin.workers import WorkerHeartbeatAdmin

__all__ = [
    "CheckpointInline",
    "DeadLetterAdmin",
    "EventAdmin",
    "KeysetAdmin",
    "KeysetChangeList",
    "MessageAdmin",
    "OverviewAdmin",
    "ParkedEventAdmin",
    "QueueAdmin",
    "SagaAdmin",
    "ScheduleAdmin",
    "StreamAdmin",
    "StreamConfigurationAdmin",
    "SubscriptionAdmin",
    "TaskResultAdmin",
    "ViewOnlyMixin",
    "WorkerHeartbeatAdmin",
    "register_pages",
]

register_pages(admin.site)
