"""Queues: live messages, dead letters, and optional settings per queue."""

from datetime import UTC, datetime

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from eventstreaming.models.fields import LiteralJSONField

NEVER = datetime(1970, 1, 1, tzinfo=UTC)  # Django cannot read -infinity


class Message(models.Model):
    """
    A live message; an acknowledged one is deleted.

    Columns that change at each delivery are in no index, not even in the
    condition of one, so that leasing a message is a heap-only update.
    """

    class State(models.IntegerChoices):
        READY = 0, _("ready")  # also while leased
        DEFERRED = 1, _("deferred")
        BLOCKED = 2, _("blocked")

    id = models.BigAutoField(primary_key=True)
    queue = models.CharField(_("queue"), max_length=255)
    rank = models.SmallIntegerField(_("rank"), default=0, db_default=0)
    state = models.SmallIntegerField(
        _("state"), choices=State, default=State.READY, db_default=State.READY
    )
    due_at = models.DateTimeField(_("due at"), null=True, blank=True)
    group_key = models.CharField(_("group key"), max_length=255, null=True, blank=True)
    deduplication_key = models.CharField(
        _("deduplication key"), max_length=255, null=True, blank=True
    )
    message_type = models.CharField(
        _("type"), max_length=255, default="", db_default=""
    )
    schema_version = models.SmallIntegerField(_("version"), default=1, db_default=1)
    data = LiteralJSONField(_("data"))
    headers = LiteralJSONField(_("headers"), null=True, blank=True)
    correlation_id = models.CharField(
        _("correlation id"), max_length=255, null=True, blank=True
    )
    enqueued_at = models.DateTimeField(_("enqueued at"), db_default=Now())
    expires_at = models.DateTimeField(_("expires at"), null=True, blank=True)
    max_attempts = models.SmallIntegerField(_("max attempts"), null=True, blank=True)
    lease = models.BigIntegerField(_("lease"), default=0, db_default=0)
    leased_until = models.DateTimeField(
        _("leased until"), default=NEVER, db_default=models.Value(NEVER)
    )
    deliveries = models.IntegerField(_("deliveries"), default=0, db_default=0)
    attempts = models.IntegerField(_("attempts"), default=0, db_default=0)
    worker_id = models.CharField(
        _("worker"), max_length=255, default="", db_default="", blank=True
    )
    cancel_requested = models.BooleanField(
        _("cancel requested"), default=False, db_default=False
    )
    errors = LiteralJSONField(_("errors"), null=True, blank=True)

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        default_permissions = ("view",)
        permissions = [
            ("run_message", _("Can run delayed messages now")),
            ("release_message", _("Can end leases of messages")),
            ("cancel_message", _("Can cancel messages")),
            ("prioritize_message", _("Can change the priority of messages")),
            ("bury_message", _("Can make messages dead letters at once")),
            ("remove_message", _("Can delete messages for good")),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["queue", "deduplication_key"],
                condition=models.Q(deduplication_key__isnull=False),
                name="eventstreaming_message_dedup",
            ),
        ]
        indexes = [
            models.Index(
                fields=["queue", "rank", "id"],
                condition=models.Q(state=0),
                name="eventstreaming_message_ready",
            ),
            models.Index(
                fields=["queue", "due_at", "id"],
                condition=models.Q(state=1),
                name="eventstreaming_message_due",
            ),
            models.Index(
                fields=["queue", "group_key", "state", "id"],
                condition=models.Q(group_key__isnull=False),
                name="eventstreaming_message_groups",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.queue} #{self.pk}"


class DeadLetter(models.Model):
    """A message that will not be delivered again, under its own id."""

    class Reason(models.TextChoices):
        REJECTED = "rejected", _("rejected by the handler")
        MAX_ATTEMPTS = "max_attempts", _("attempts used up")
        MAX_DELIVERIES = "max_deliveries", _("deliveries used up")
        CANCELLED = "cancelled", _("cancelled")

    id = models.BigIntegerField(primary_key=True)
    queue = models.CharField(_("queue"), max_length=255)
    rank = models.SmallIntegerField(_("rank"), default=0, db_default=0)
    group_key = models.CharField(_("group key"), max_length=255, null=True, blank=True)
    message_type = models.CharField(
        _("type"), max_length=255, default="", db_default=""
    )
    schema_version = models.SmallIntegerField(_("version"), default=1, db_default=1)
    data = LiteralJSONField(_("data"))
    headers = LiteralJSONField(_("headers"), null=True, blank=True)
    correlation_id = models.CharField(
        _("correlation id"), max_length=255, null=True, blank=True
    )
    enqueued_at = models.DateTimeField(_("enqueued at"))
    max_attempts = models.SmallIntegerField(_("max attempts"), null=True, blank=True)
    lease = models.BigIntegerField(_("lease"))
    deliveries = models.IntegerField(_("deliveries"))
    attempts = models.IntegerField(_("attempts"))
    errors = LiteralJSONField(_("errors"), null=True, blank=True)
    reason = models.CharField(_("reason"), max_length=32, choices=Reason)
    error = models.TextField(_("error"), default="", db_default="", blank=True)
    fingerprint = models.CharField(
        _("fingerprint"), max_length=64, default="", db_default="", blank=True
    )
    died_at = models.DateTimeField(_("died at"), db_default=Now())

    class Meta:
        verbose_name = _("dead letter")
        verbose_name_plural = _("dead letters")
        default_permissions = ("view",)
        permissions = [
            ("redrive_deadletter", _("Can redrive dead letters")),
            ("discard_deadletter", _("Can discard dead letters")),
        ]
        indexes = [
            models.Index(fields=["queue", "id"], name="eventstreaming_dead_queue"),
            models.Index(
                fields=["queue", "fingerprint", "id"],
                name="eventstreaming_dead_error",
            ),
            models.Index(fields=["died_at"], name="eventstreaming_dead_died"),
        ]

    def __str__(self) -> str:
        return f"{self.queue} #{self.pk}"


class Queue(models.Model):
    """
    Settings of one queue, all optional; `enqueue` never creates the row.

    An empty setting means the built-in one.
    """

    class GroupPolicy(models.TextChoices):
        BLOCK = "block", _("block")
        SKIP = "skip", _("skip")

    name = models.CharField(_("name"), max_length=255, primary_key=True)
    visibility_timeout = models.FloatField(
        _("visibility timeout"), null=True, blank=True, help_text=_("Seconds.")
    )
    max_attempts = models.SmallIntegerField(_("max attempts"), null=True, blank=True)
    max_deliveries = models.SmallIntegerField(
        _("max deliveries"), null=True, blank=True
    )
    backoff = models.JSONField(
        _("backoff"),
        null=True,
        blank=True,
        help_text=_("Seconds before each retry; the last one repeats."),
    )
    dead_letter_retention = models.FloatField(
        _("retention of dead letters"),
        null=True,
        blank=True,
        help_text=_("Seconds; older ones are deleted by `deadletters prune`."),
    )
    timeout = models.FloatField(
        _("time-out of handlers"),
        null=True,
        blank=True,
        help_text=_("Seconds; a handler that runs for longer is interrupted."),
    )
    concurrency = models.IntegerField(_("concurrency"), null=True, blank=True)
    group_policy = models.CharField(
        _("group policy"),
        max_length=8,
        choices=GroupPolicy,
        default="",
        db_default="",
        blank=True,
        help_text=_(
            "What a delayed or failing message of a group does to the next ones: "
            "they wait (block), or they go on (skip)."
        ),
    )
    paused_at = models.DateTimeField(_("paused at"), null=True, blank=True)
    description = models.TextField(_("description"), default="", blank=True)
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)

    class Meta:
        verbose_name = _("queue")
        verbose_name_plural = _("queues")

    def __str__(self) -> str:
        return self.name
