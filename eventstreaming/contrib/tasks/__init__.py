"""
A backend for Django's Tasks: `runworker` runs them, this database keeps them.

    TASKS = {
        "default": {
            "BACKEND": "eventstreaming.contrib.tasks.EventStreamingBackend",
            "QUEUES": ["default", "mail"],
            "OPTIONS": {"max_attempts": 3},
        },
    }

`OPTIONS` are those of `TaskOptions`. `task` is `django.tasks.task`, or before
Django 6.0 that of the package django-tasks.
"""

from eventstreaming.contrib.tasks.backend import EventStreamingBackend
from eventstreaming.contrib.tasks.calls import TaskCall
from eventstreaming.contrib.tasks.compat import task
from eventstreaming.contrib.tasks.definitions import EventStreamingTask
from eventstreaming.contrib.tasks.enqueueing import aenqueue_many, enqueue_many
from eventstreaming.contrib.tasks.options import TaskOptions

__all__ = [
    "EventStreamingBackend",
    "EventStreamingTask",
    "TaskCall",
    "TaskOptions",
    "aenqueue_many",
    "enqueue_many",
    "task",
]
