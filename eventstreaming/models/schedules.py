"""Schedules: messages that are enqueued at their times."""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from eventstreaming.models.fields import LiteralJSONField


class Schedule(models.Model):
    """
    What to enqueue, and when. Whoever locks the row enqueues what is due.

    `next_at` is empty while it is paused, and once its declaration is gone.
    """

    id = models.BigAutoField(primary_key=True)
    name = models.CharField(_("name"), max_length=255)
    declared = models.BooleanField(
        _("declared in code"), default=False, db_default=False
    )
    cron = models.CharField(
        _("cron expression"),
        max_length=255,
        default="",
        db_default="",
        blank=True,
        help_text=_("Minute, hour, day, month, day of the week: 30 2 * * MON-FRI"),
    )
    every = models.IntegerField(
        _("every"),
        null=True,
        blank=True,
        help_text=_("Seconds, instead of a cron expression."),
    )
    timezone = models.CharField(
        _("time zone"), max_length=64, default="UTC", db_default="UTC"
    )
    queue = models.CharField(_("queue"), max_length=255)
    message_type = models.CharField(
        _("message type"), max_length=255, default="", db_default="", blank=True
    )
    schema_version = models.SmallIntegerField(_("version"), default=1, db_default=1)
    data = LiteralJSONField(_("data"), default=dict, blank=True)
    priority = models.SmallIntegerField(_("priority"), default=0, db_default=0)
    catch_up = models.SmallIntegerField(
        _("catch up"),
        default=1,
        db_default=1,
        help_text=_(
            "How many missed runs are made up for, the newest ones; 0 for none."
        ),
    )
    jitter = models.FloatField(
        _("jitter"),
        default=0.0,
        db_default=0.0,
        help_text=_("Each message is delayed by a random part of so many seconds."),
    )
    overlap = models.BooleanField(
        _("overlap"),
        default=True,
        db_default=True,
        help_text=_("Enqueue even while the last message is not done."),
    )
    paused_at = models.DateTimeField(_("paused at"), null=True, blank=True)
    removed_at = models.DateTimeField(_("removed at"), null=True, blank=True)
    next_at = models.DateTimeField(_("next run"), null=True, blank=True)
    last_at = models.DateTimeField(_("last run"), null=True, blank=True)
    runs = models.BigIntegerField(_("runs"), default=0, db_default=0)
    error = models.TextField(_("error"), default="", db_default="", blank=True)
    created_at = models.DateTimeField(_("created at"), db_default=Now())

    class Meta:
        verbose_name = _("schedule")
        verbose_name_plural = _("schedules")
        permissions = [
            ("run_schedule", _("Can run schedules at once")),
            ("pause_schedule", _("Can pause and resume schedules")),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["name"], name="eventstreaming_schedule_name"
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_at", "id"],
                condition=models.Q(next_at__isnull=False),
                name="eventstreaming_schedule_due",
            ),
        ]

    def __str__(self) -> str:
        return self.name
