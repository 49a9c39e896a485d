from django.db import models


class Effect(models.Model):
    """A trace of a handler. Nothing is unique: a second effect shows."""

    kind = models.CharField(max_length=50)
    number = models.BigIntegerField()
    process = models.IntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.kind} {self.number}"
