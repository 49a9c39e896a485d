"""Idempotency keys: what a call with one has done the first time."""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class IdempotencyKey(models.Model):
    """
    A key of one stream or queue, and where the result of its first call lies.

    Only the transaction of that call ever sees the row without a count.
    """

    class Scope(models.IntegerChoices):
        STREAM = 0, _("stream")
        QUEUE = 1, _("queue")
        DEDUPLICATION = 2, _("deduplication")

    id = models.BigAutoField(primary_key=True)
    scope = models.SmallIntegerField(_("scope"), choices=Scope)
    name = models.CharField(_("name"), max_length=255)
    key = models.CharField(_("key"), max_length=255)
    digest = models.BinaryField(_("digest"), max_length=32)
    count = models.IntegerField(_("count"), default=0, db_default=0)
    first_offset = models.BigIntegerField(_("first offset"), null=True)
    last_offset = models.BigIntegerField(_("last offset"), null=True)
    last_position = models.BigIntegerField(_("last position"), null=True)
    # Only where they are not all between the first and the last one.
    offsets = models.JSONField(_("offsets"), null=True)
    created_at = models.DateTimeField(_("created at"), db_default=Now())

    class Meta:
        verbose_name = _("idempotency key")
        verbose_name_plural = _("idempotency keys")
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(
                fields=["scope", "name", "key"], name="eventstreaming_idempotency_key"
            ),
        ]
        indexes = [
            models.Index(fields=["created_at"], name="eventstreaming_idem_pruning"),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.key}"
