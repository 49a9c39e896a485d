from django.db import models


class Effect(models.Model):
    """A trace of a handler. Nothing is unique: a second effect shows."""

    kind = models.CharField(max_length=50)
    number = models.BigIntegerField()
    process = models.IntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.kind} {self.number}"


class Tally(models.Model):
    """What the events of a key make in their order: a chain tells every other."""

    key = models.CharField(max_length=100, primary_key=True)
    count = models.IntegerField(default=1)
    chain = models.BigIntegerField()
    process = models.IntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.key}: {self.count}"
