"""The client that reads."""

from eventstreaming import event_store
from eventstreaming.models import Checkpoint
from tests.chaos.client import Client
from tests.chaos.producer import ACCOUNTS, CONTESTED

STREAMS = [
    "copies",
    *(f"account-{number}" for number in range(ACCOUNTS)),
    *(f"contested-{number}" for number in range(CONTESTED)),
]


class Reader(Client):
    """Follows the whole store and a category, and looks into streams."""

    pause = 0.05

    def __init__(self, seed: str) -> None:
        super().__init__(seed)
        self._positions = {"*": 0, "account": 0}

    def act(self) -> None:
        self.follow("*")
        self.follow("account")
        stream = self.random.choice(STREAMS)
        start = self.random.choice([None, 0, 10, 100])
        list(event_store.read_stream(stream, start, limit=50))
        if self.random.random() < 0.1:
            list(event_store.read_stream(stream, backwards=True, limit=20))
            list(event_store.read_all(backwards=True, limit=20))
        self.sample_checkpoints()

    def follow(self, source: str) -> None:
        """Go on after the last event that was seen."""
        start, limit = self._positions[source] + 1, self.random.randint(10, 300)
        events = list(
            event_store.read_all(start, limit=limit)
            if source == "*"
            else event_store.read_category(source, start, limit=limit)
        )
        if events:
            self._positions[source] = events[-1].position

    def sample_checkpoints(self) -> None:
        """Note how far the subscriptions have come."""
        with event_store.recorder.step("checkpoints") as result:
            rows = Checkpoint.objects.values_list(
                "subscription__name", "offset", "position"
            )
            result["places"] = {
                name: position if offset is None else offset
                for name, offset, position in rows
            }

    def run(self) -> None:
        """Follow until stopped, then read everything once more."""
        super().run()
        self.attempt(self.read_everything)

    def read_everything(self) -> None:
        """Begin a new session, and read the whole log in every way."""
        list(event_store.read_all())
        list(event_store.read_category("account"))
        for stream in STREAMS:
            list(event_store.read_stream(stream))
