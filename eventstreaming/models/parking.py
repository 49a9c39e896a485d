"""Events that a subscription has set aside, with all later ones of their keys."""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from eventstreaming.models.fields import StoredJSONField
from eventstreaming.models.processing import Subscription


class ParkedEvent(models.Model):
    """
    An event that failed, or one of the same key that waits behind it.

    Of each key exactly one row, the first, is not BEHIND: the head. Who changes
    which one that is holds the lock of the key's checkpoint, and `parked_keys` there
    counts the heads.
    """

    class State(models.IntegerChoices):
        BEHIND = 0, _("waits behind another")
        READY = 1, _("to be tried again")
        FAILED = 2, _("failed")

    id = models.BigAutoField(primary_key=True)
    subscription = models.ForeignKey(
        Subscription,
        on_delete=models.CASCADE,
        db_index=False,
        related_name="parked_events",
        verbose_name=_("subscription"),
    )
    key = models.CharField(_("key"), max_length=255)
    bucket = models.SmallIntegerField(_("bucket"))
    position = models.BigIntegerField(_("position"))
    stream_name = models.CharField(_("stream"), max_length=255)
    offset = models.BigIntegerField(_("offset"))
    event_type = models.CharField(_("type"), max_length=255)
    # What the handler gets instead of the event's own data, which never changes.
    edited_data = StoredJSONField(_("edited data"), null=True, blank=True)
    state = models.SmallIntegerField(
        _("state"), choices=State, default=State.BEHIND, db_default=State.BEHIND
    )
    attempts = models.IntegerField(_("failed attempts"), default=0, db_default=0)
    error = models.TextField(_("error"), default="", db_default="", blank=True)
    retry_at = models.DateTimeField(_("retry at"), null=True, blank=True)
    parked_at = models.DateTimeField(_("parked at"), db_default=Now())

    class Meta:
        verbose_name = _("parked event")
        verbose_name_plural = _("parked events")
        default_permissions = ("view",)
        permissions = [
            ("replay_parkedevent", _("Can have parked events tried again")),
            ("skip_parkedevent", _("Can skip parked events")),
            ("edit_parkedevent", _("Can edit parked events")),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["subscription", "position"], name="eventstreaming_parked_once"
            ),
        ]
        indexes = [
            models.Index(
                fields=["subscription", "key", "position"],
                name="eventstreaming_parked_key",
            ),
            models.Index(
                fields=["stream_name", "offset"], name="eventstreaming_parked_stream"
            ),
            models.Index(
                fields=["subscription", "bucket"],
                name="eventstreaming_parked_heads",
                condition=models.Q(state__gt=0),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event_type} #{self.position}"
