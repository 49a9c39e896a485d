"""Sagas: where each of them stands."""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from eventstreaming.models.fields import StoredJSONField


class Saga(models.Model):
    """
    One run of a saga. Its history is a stream of its own.

    Whoever locks the row moves it on. `turn` grows each time that something is
    scheduled: a message of another turn is out of date.
    """

    class State(models.TextChoices):
        RUNNING = "running", _("running")
        WAITING = "waiting", _("waiting")
        COMPENSATING = "compensating", _("compensating")
        COMPLETED = "completed", _("completed")
        COMPENSATED = "compensated", _("compensated")
        FAILED = "failed", _("failed")

    id = models.BigAutoField(primary_key=True)
    name = models.CharField(_("name"), max_length=100)
    saga_id = models.CharField(_("saga id"), max_length=255)
    state = models.CharField(_("state"), max_length=16, choices=State)
    step = models.CharField(
        _("step"), max_length=100, default="", db_default="", blank=True
    )
    waiting_for = models.CharField(
        _("waiting for"), max_length=255, default="", db_default="", blank=True
    )
    # Names of steps in the order in which they were done, less what was undone.
    completed = models.JSONField(_("completed steps"), default=list)
    data = StoredJSONField(_("data"), null=True, blank=True)
    results = StoredJSONField(_("results"), default=dict)
    signals = StoredJSONField(_("signals"), default=dict)
    attempts = models.IntegerField(_("failed attempts"), default=0, db_default=0)
    error = models.TextField(_("error"), default="", db_default="", blank=True)
    turn = models.BigIntegerField(_("turn"), default=0, db_default=0)
    message_id = models.BigIntegerField(_("next message"), null=True, blank=True)
    timeout_id = models.BigIntegerField(_("time-out message"), null=True, blank=True)
    due_at = models.DateTimeField(_("next at"), null=True, blank=True)
    step_deadline = models.DateTimeField(_("step's deadline"), null=True, blank=True)
    correlation_id = models.CharField(_("correlation id"), max_length=255)
    started_at = models.DateTimeField(_("started at"), db_default=Now())
    progressed_at = models.DateTimeField(_("last progress"), db_default=Now())
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)

    class Meta:
        verbose_name = _("saga")
        verbose_name_plural = _("sagas")
        default_permissions = ("view",)
        permissions = [
            ("resume_saga", _("Can resume sagas")),
            ("cancel_saga", _("Can cancel sagas")),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["name", "saga_id"], name="eventstreaming_saga_id"
            ),
        ]
        indexes = [
            models.Index(fields=["state", "id"], name="eventstreaming_saga_state"),
            models.Index(fields=["name", "id"], name="eventstreaming_saga_name"),
            models.Index(
                fields=["name", "state", "id"], name="eventstreaming_saga_both"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name}/{self.saga_id}"

    @property
    def stream_name(self) -> str:
        """Return the stream of its history."""
        return f"saga-{self.name}/{self.saga_id}"
