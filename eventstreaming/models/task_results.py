"""What became of the tasks of Django's Tasks framework."""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from eventstreaming.models.fields import LiteralJSONField


class TaskResult(models.Model):
    """
    A task that was begun at least once, under the id of its message.

    The row is written when the task starts, so that a crashed attempt is known,
    too, and each attempt changes it. What changes is in no index, so that this is
    a heap-only update, unless the task fails: `failed` is for finding those.
    """

    class Status(models.TextChoices):
        READY = "READY", _("ready")
        RUNNING = "RUNNING", _("running")
        FAILED = "FAILED", _("failed")
        SUCCESSFUL = "SUCCESSFUL", _("successful")

    id = models.BigIntegerField(primary_key=True)
    queue = models.CharField(_("queue"), max_length=255)
    task = models.CharField(_("task"), max_length=255)
    rank = models.SmallIntegerField(_("rank"), default=0, db_default=0)
    status = models.CharField(_("status"), max_length=16, choices=Status)
    failed = models.BooleanField(_("failed"), default=False, db_default=False)
    data = LiteralJSONField(_("data"))
    return_value = LiteralJSONField(_("return value"), null=True, blank=True)
    errors = LiteralJSONField(_("errors"), null=True, blank=True)
    worker_ids = LiteralJSONField(_("workers"))
    lease = models.BigIntegerField(_("lease"))
    correlation_id = models.CharField(
        _("correlation id"), max_length=255, null=True, blank=True
    )
    enqueued_at = models.DateTimeField(_("enqueued at"))
    started_at = models.DateTimeField(_("started at"), db_default=Now())
    last_attempted_at = models.DateTimeField(_("last attempted at"), db_default=Now())
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)

    class Meta:
        verbose_name = _("task result")
        verbose_name_plural = _("task results")
        default_permissions = ("view",)
        permissions = [("retry_taskresult", _("Can retry tasks"))]
        indexes = [
            models.Index(fields=["queue", "id"], name="eventstreaming_task_queue"),
            models.Index(fields=["task", "id"], name="eventstreaming_task_name"),
            models.Index(
                fields=["id"],
                condition=models.Q(failed=True),
                name="eventstreaming_task_failed",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.task} #{self.pk}"
