"""A task under a name that is not its own."""

from tests.taskapp.tasks import add as other_name

__all__ = ["other_name"]
