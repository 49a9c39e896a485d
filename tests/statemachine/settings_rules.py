"""Steps that change how a queue delivers."""

from hypothesis import strategies as st
from hypothesis.stateful import rule

from tests.statemachine.machine import HALF
from tests.statemachine.queue_rules import QueueRules, queues

# A pause is soon over, so that it is not all that an example is about.
changes = st.sampled_from(
    [
        ("paused", True),
        *[("paused", False)] * 3,
        ("max_attempts", 2),
        ("max_attempts", None),
        ("max_deliveries", 2),
        ("max_deliveries", None),
        ("visibility_timeout", 3 * HALF),
        ("visibility_timeout", None),
    ]
)


class SettingsRules(QueueRules):
    """Limits, the visibility timeout, and a pause."""

    @rule(queue=queues, change=changes)
    def configure_queue(self, queue: int, change: tuple[str, float | None]) -> None:
        name, (setting, value) = self.queue_names[queue], change
        self.store.configure_queue(name, **{setting: value})
        self.model.queues.settings.setdefault(name, {})[setting] = value
