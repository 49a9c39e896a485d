"""How a store tells who waits for what was written to it."""

from collections.abc import Callable

from eventstreaming.backends.waking.topics import queue_topic, stream_topic
from eventstreaming.backends.waking.waiters import Waiters, waiters_at


class BaseWaking:
    """Waking is a help: whoever waits looks by himself as well."""

    alias: str

    @property
    def waiters(self) -> Waiters:
        """Return who waits in this process for what is written to this store."""
        return waiters_at((type(self), self.alias), Waiters)

    def announce_events(self, stream_name: str) -> None:
        """Tell who waits that events were appended, once they are committed."""
        self.announce(stream_topic(stream_name))

    def announce_messages(self, stream_name: str) -> None:
        """Tell who waits that messages are ready, once they are committed."""
        self.announce(queue_topic(stream_name))

    def messages_changed(self, stream_name: str) -> None:
        """
        Let claims see what was made due, or got another place, once it is committed.

        Those of this process look from the beginning; who waits is told.
        """
        self.announce_messages(stream_name)

    def after_commit(self, function: Callable[[], object]) -> None:
        """Call a function once what was written is committed, if it is."""
        function()

    def announce(self, topic: str) -> None:
        """Tell who waits for a topic. A store that commits later does so then."""
        self.waiters.ring(topic)
