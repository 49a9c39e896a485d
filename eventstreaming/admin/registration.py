"""Which page belongs to which model."""

from django.contrib.admin import AdminSite

from eventstreaming.admin.dead_letters import DeadLetterAdmin
from eventstreaming.admin.events import EventAdmin
from eventstreaming.admin.messages import MessageAdmin
from eventstreaming.admin.overview import OverviewAdmin
from eventstreaming.admin.parked_events import ParkedEventAdmin
from eventstreaming.admin.queues import QueueAdmin
from eventstreaming.admin.sagas import SagaAdmin
from eventstreaming.admin.schedules import ScheduleAdmin
from eventstreaming.admin.stream_configurations import StreamConfigurationAdmin
from eventstreaming.admin.streams import StreamAdmin
from eventstreaming.admin.subscriptions import SubscriptionAdmin
from eventstreaming.admin.task_results import TaskResultAdmin
from eventstreaming.admin.workers import WorkerHeartbeatAdmin
from eventstreaming.models import (
    DeadLetter,
    Event,
    Message,
    Overview,
    ParkedEvent,
    Queue,
    Saga,
    Schedule,
    Stream,
    StreamConfiguration,
    Subscription,
    TaskResult,
    WorkerHeartbeat,
)


def register_pages(site: AdminSite) -> None:
    """Register all pages of this package on a site."""
    site.register(Overview, OverviewAdmin)
    site.register(Stream, StreamAdmin)
    site.register(StreamConfiguration, StreamConfigurationAdmin)
    site.register(Event, EventAdmin)
    site.register(Queue, QueueAdmin)
    site.register(Message, MessageAdmin)
    site.register(DeadLetter, DeadLetterAdmin)
    site.register(Subscription, SubscriptionAdmin)
    site.register(ParkedEvent, ParkedEventAdmin)
    site.register(TaskResult, TaskResultAdmin)
    site.register(Saga, SagaAdmin)
    site.register(Schedule, ScheduleAdmin)
    site.register(WorkerHeartbeat, WorkerHeartbeatAdmin)
