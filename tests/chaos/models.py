from django.db import models


class Effect(models.Model):
    """What a handler did. Nothing is unique, so that a second time shows."""

    kind = models.CharField(max_length=50)
    item = models.CharField(max_length=100)
    place = models.BigIntegerField(null=True)

    def __str__(self) -> str:
        return f"{self.kind} {self.item}"


class Written(models.Model):
    """What a producer wrote beside its events and messages."""

    item = models.CharField(max_length=100)

    def __str__(self) -> str:
        return self.item
