"""What workers have done, a row for a few seconds."""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class QueueActivity(models.Model):
    """
    What one worker did for one queue since its row before; kept for two hours.

    `waits` and `runs` count durations in the buckets of `processing.measures`.
    `depth` is how many messages the queue had then. For people: nothing depends
    on it.
    """

    id = models.BigAutoField(primary_key=True)
    queue = models.CharField(_("queue"), max_length=255)
    worker_id = models.CharField(_("worker"), max_length=255)
    at = models.DateTimeField(_("at"), db_default=Now())
    done = models.IntegerField(_("messages done"))
    failed = models.IntegerField(_("attempts failed"))
    waits = models.JSONField(_("waits"))
    runs = models.JSONField(_("run times"))
    depth = models.BigIntegerField(_("depth"))

    class Meta:
        verbose_name = _("queue activity")
        verbose_name_plural = _("queue activity")
        default_permissions = ()
        indexes = [models.Index(fields=["at"], name="eventstreaming_activity_at")]

    def __str__(self) -> str:
        return f"{self.queue} {self.at}"
