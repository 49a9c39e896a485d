"""Persistent streams: the head of each, and the events of all."""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from eventstreaming.models.fields import StoredJSONField


class Stream(models.Model):
    """
    A persistent stream. The row is the lock of a serial stream.

    `next_offset` is in no index, so moving it is a heap-only update.
    """

    class Kind(models.IntegerChoices):
        SERIAL = 0, _("serial")
        CONCURRENT = 1, _("concurrent")

    class State(models.IntegerChoices):
        ACTIVE = 0, _("active")
        DELETED = 1, _("deleted")

    id = models.BigAutoField(primary_key=True)
    name = models.CharField(_("name"), max_length=255)
    category = models.CharField(_("category"), max_length=255)
    kind = models.SmallIntegerField(
        _("kind"), choices=Kind, default=Kind.SERIAL, db_default=Kind.SERIAL
    )
    state = models.SmallIntegerField(
        _("state"), choices=State, default=State.ACTIVE, db_default=State.ACTIVE
    )
    next_offset = models.BigIntegerField(_("next offset"), default=0, db_default=0)
    first_offset = models.BigIntegerField(_("first offset"), default=0, db_default=0)
    created_at = models.DateTimeField(_("created at"), db_default=Now())

    class Meta:
        verbose_name = _("stream")
        verbose_name_plural = _("streams")
        default_permissions = ("view",)
        # What people and programs may do, apart; see operations.permissions.
        permissions = [
            ("view_payload", _("Can see data, metadata and headers")),
            ("publish", _("Can append events and enqueue messages")),
            ("operate", _("Can redrive, reset and pause")),
            ("delete_history", _("Can discard dead letters and delete events")),
            ("configure", _("Can configure streams and queues")),
        ]
        constraints = [
            models.UniqueConstraint(fields=["name"], name="eventstreaming_stream_name"),
        ]
        indexes = [
            models.Index(fields=["category", "name"], name="eventstreaming_stream_cat"),
        ]

    def __str__(self) -> str:
        return self.name


class StreamConfiguration(models.Model):
    """
    Settings of a stream, of all that a pattern matches (`order-*`), or of all (`*`).

    An empty setting leaves the decision to wider patterns. Appending never
    creates the row; `eventstreaming.events.stream_settings` says which one counts.
    """

    id = models.BigAutoField(primary_key=True)
    pattern = models.CharField(_("pattern"), max_length=256)
    kind = models.SmallIntegerField(
        _("kind of new streams"), choices=Stream.Kind, null=True, blank=True
    )
    max_age = models.FloatField(_("maximum age"), null=True, blank=True)  # seconds
    max_count = models.BigIntegerField(_("maximum count"), null=True, blank=True)
    max_bytes = models.BigIntegerField(_("maximum size"), null=True, blank=True)
    keep_forever = models.BooleanField(
        _("keep forever"), default=False, db_default=False
    )
    until_consumed = models.BooleanField(_("until consumed"), null=True, blank=True)
    description = models.TextField(
        _("description"), default="", db_default="", blank=True
    )
    tags = models.JSONField(_("tags"), default=list, blank=True)
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)

    class Meta:
        verbose_name = _("stream configuration")
        verbose_name_plural = _("stream configurations")
        constraints = [
            models.UniqueConstraint(
                fields=["pattern"], name="eventstreaming_streamconfig_pat"
            ),
        ]

    def __str__(self) -> str:
        return self.pattern


class Event(models.Model):
    """
    An immutable event. The database refuses updates, and deletes of what is kept.

    The stream has no foreign key in the database: it would lock the stream's
    row, which every append updates.
    """

    position = models.BigAutoField(_("position"), primary_key=True)
    stream = models.ForeignKey(
        Stream,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="events",
        verbose_name=_("stream"),
    )
    category = models.CharField(_("category"), max_length=255)
    offset = models.BigIntegerField(_("offset"))
    bucket = models.SmallIntegerField(_("bucket"))
    event_type = models.CharField(_("type"), max_length=255)
    schema_version = models.SmallIntegerField(_("version"), default=1, db_default=1)
    event_id = models.UUIDField(_("event id"))
    key = models.CharField(_("key"), max_length=255, null=True, blank=True)
    data = StoredJSONField(_("data"))
    metadata = StoredJSONField(_("metadata"), default=dict)
    correlation_id = models.CharField(
        _("correlation id"), max_length=255, null=True, blank=True
    )
    causation_id = models.CharField(
        _("causation id"), max_length=255, null=True, blank=True
    )
    timestamp = models.DateTimeField(_("timestamp"), db_default=Now())

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(
                fields=["stream", "offset"], name="eventstreaming_event_offset"
            ),
            models.UniqueConstraint(
                fields=["event_id"], name="eventstreaming_event_id"
            ),
        ]
        indexes = [
            # With the bucket, by which the partitions of a subscription tell their
            # events from those of the others without looking at the rows.
            models.Index(
                fields=["category", "position", "bucket"],
                name="eventstreaming_event_partition",
            ),
            models.Index(
                fields=["correlation_id", "position"],
                name="eventstreaming_event_correl",
                condition=models.Q(correlation_id__isnull=False),
            ),
            models.Index(
                fields=["causation_id", "position"],
                name="eventstreaming_event_cause",
                condition=models.Q(causation_id__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event_type} #{self.position}"
