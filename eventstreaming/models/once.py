"""What handlers have done once."""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class OnceKey(models.Model):
    """A key that `once()` has seen: its row commits with what was done."""

    id = models.BigAutoField(primary_key=True)
    scope = models.CharField(_("scope"), max_length=255)
    key = models.CharField(_("key"), max_length=255)
    created_at = models.DateTimeField(_("created at"), db_default=Now())

    class Meta:
        verbose_name = _("once key")
        verbose_name_plural = _("once keys")
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(
                fields=["scope", "key"], name="eventstreaming_once_key"
            ),
        ]
        indexes = [
            models.Index(fields=["created_at"], name="eventstreaming_once_pruning"),
        ]

    def __str__(self) -> str:
        return f"{self.scope} {self.key}"
