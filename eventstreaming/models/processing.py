"""Subscriptions and how far they have come."""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class Subscription(models.Model):
    """
    A named reader of a stream (`orders`), a category (`order-*`) or all (`*`).

    The row is written when a worker first runs it. A changed source refuses to
    start: the checkpoint would mean something else.
    """

    class Delivery(models.TextChoices):
        EXACTLY_ONCE = "exactly_once", _("exactly once")
        AT_LEAST_ONCE = "at_least_once", _("at least once")

    class PartitionBy(models.TextChoices):
        KEY = "key", _("key or stream")
        EVENT = "event", _("event")

    class State(models.IntegerChoices):
        ACTIVE = 0, _("active")
        STOPPED = 1, _("stopped")

    id = models.BigAutoField(primary_key=True)
    name = models.CharField(_("name"), max_length=255)
    source = models.CharField(_("source"), max_length=257)
    event_types = models.JSONField(_("event types"), null=True, blank=True)
    partitions = models.SmallIntegerField(_("partitions"), default=1, db_default=1)
    partition_by = models.CharField(
        _("partition by"),
        max_length=16,
        choices=PartitionBy,
        default=PartitionBy.KEY,
        db_default=PartitionBy.KEY,
    )
    # Only while the number of partitions changes.
    wanted_partitions = models.SmallIntegerField(
        _("wanted partitions"), null=True, blank=True
    )
    delivery = models.CharField(
        _("delivery"),
        max_length=16,
        choices=Delivery,
        default=Delivery.EXACTLY_ONCE,
        db_default=Delivery.EXACTLY_ONCE,
    )
    state = models.SmallIntegerField(
        _("state"), choices=State, default=State.ACTIVE, db_default=State.ACTIVE
    )
    created_at = models.DateTimeField(_("created at"), db_default=Now())

    class Meta:
        verbose_name = _("subscription")
        verbose_name_plural = _("subscriptions")
        default_permissions = ("view",)
        permissions = [("resume_subscription", _("Can resume stopped subscriptions"))]
        constraints = [
            models.UniqueConstraint(
                fields=["name"], name="eventstreaming_subscription_name"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Checkpoint(models.Model):
    """
    How far one partition has come. Whoever locks the row works the partition.

    `offset` counts for a source of one stream, `position` for the others; both
    are empty before the first event. `looked_at` is when a worker last looked for
    events, though it found none or failed: a sign of life, where `progressed_at`
    is one of progress.
    """

    id = models.BigAutoField(primary_key=True)
    subscription = models.ForeignKey(
        Subscription,
        on_delete=models.CASCADE,
        related_name="checkpoints",
        verbose_name=_("subscription"),
    )
    partition = models.SmallIntegerField(_("partition"), default=0, db_default=0)
    first_bucket = models.SmallIntegerField(_("first bucket"), default=0, db_default=0)
    last_bucket = models.SmallIntegerField(
        _("last bucket"), default=1023, db_default=1023
    )
    position = models.BigIntegerField(_("position"), null=True, blank=True)
    offset = models.BigIntegerField(_("offset"), null=True, blank=True)
    # Where the partition stops until the number of partitions has changed. It is
    # here, because who locks this row sees its newest version, and of others an older.
    barrier = models.BigIntegerField(_("barrier"), null=True, blank=True)
    # Up to here a projection handles anew what it had handled before it was reset.
    rebuild_until = models.BigIntegerField(_("rebuild until"), null=True, blank=True)
    parked_keys = models.IntegerField(_("parked keys"), default=0, db_default=0)
    handled = models.BigIntegerField(_("handled events"), default=0, db_default=0)
    epoch = models.BigIntegerField(_("epoch"), default=0, db_default=0)
    owner = models.CharField(
        _("owner"), max_length=255, default="", db_default="", blank=True
    )
    leased_until = models.DateTimeField(_("leased until"), null=True, blank=True)
    attempts = models.IntegerField(_("failed attempts"), default=0, db_default=0)
    error = models.TextField(_("error"), default="", db_default="", blank=True)
    retry_at = models.DateTimeField(_("retry at"), null=True, blank=True)
    progressed_at = models.DateTimeField(_("last progress"), null=True, blank=True)
    looked_at = models.DateTimeField(_("last sign of life"), null=True, blank=True)
    created_at = models.DateTimeField(_("created at"), db_default=Now())

    class Meta:
        verbose_name = _("checkpoint")
        verbose_name_plural = _("checkpoints")
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(
                fields=["subscription", "partition"],
                name="eventstreaming_checkpoint_part",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.subscription} / {self.partition}"
