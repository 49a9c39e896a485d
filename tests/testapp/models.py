from django.db import models


class Note(models.Model):
    """A row that a project writes beside its events and messages."""

    text = models.CharField(max_length=100)

    def __str__(self) -> str:
        return self.text
