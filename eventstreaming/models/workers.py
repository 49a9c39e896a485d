"""What worker processes say of themselves."""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class WorkerHeartbeat(models.Model):
    """
    A worker process, as it was a moment ago.

    It is for people: no lease and no checkpoint depends on it. A worker that ends
    takes its row with it; rows that nobody beats any more are removed later.
    """

    class State(models.TextChoices):
        STARTING = "starting", _("starting")
        RUNNING = "running", _("running")
        DRAINING = "draining", _("draining")

    worker_id = models.CharField(_("worker"), max_length=255, primary_key=True)
    host = models.CharField(_("host"), max_length=255)
    pid = models.IntegerField(_("process id"))
    supervisor_pid = models.IntegerField(_("supervisor"), null=True, blank=True)
    version = models.CharField(_("version"), max_length=32)
    state = models.CharField(_("state"), max_length=16, choices=State)
    queues = models.JSONField(_("queues"))
    subscriptions = models.JSONField(_("subscriptions"))
    threads = models.IntegerField(_("threads"))
    in_flight = models.IntegerField(_("in flight"))
    done = models.BigIntegerField(_("messages done"))
    failed = models.BigIntegerField(_("attempts failed"))
    handled = models.BigIntegerField(_("events handled"))
    memory = models.BigIntegerField(
        _("memory"), null=True, blank=True, help_text=_("Bytes.")
    )
    started_at = models.DateTimeField(_("started at"), db_default=Now())
    beat_at = models.DateTimeField(_("last heartbeat"), db_default=Now())

    class Meta:
        verbose_name = _("worker")
        verbose_name_plural = _("workers")
        default_permissions = ("view",)

    def __str__(self) -> str:
        return self.worker_id
