"""What a person or a program may do; each permission is given apart."""

from enum import Enum


class Permission(Enum):
    """
    The kinds of access. The value is the codename of Django's permission.

    They are permissions of the model Stream, so `user.has_perm()` and the groups
    of the admin know them as `eventstreaming.<codename>`.
    """

    VIEW = "view_stream"  # names, counts, times; no payload
    VIEW_PAYLOAD = "view_payload"  # data, metadata and headers
    PUBLISH = "publish"  # append events, enqueue messages
    OPERATE = "operate"  # redrive, reset, pause
    DELETE = "delete_history"  # discard dead letters, truncate, delete
    CONFIGURE = "configure"  # settings of streams and queues

    @property
    def label(self) -> str:
        """Return the name that `user.has_perm()` takes."""
        return f"eventstreaming.{self.value}"
