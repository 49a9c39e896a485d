"""What tests ask of the store in PostgreSQL."""

from eventstreaming.backends.database.rehearsing import (
    RehearsalOperations as DatabaseRehearsalOperations,
)
from eventstreaming.backends.postgresql.lanes import lanes_of


class RehearsalOperations(DatabaseRehearsalOperations):
    """The claims of this process look for what is due when time has passed."""

    def pass_time(self, seconds: float) -> None:
        """See BaseRehearsing.pass_time()."""
        super().pass_time(seconds)
        for queue in self._rows.values_list("queue", flat=True).distinct():
            lanes_of(self.database, queue).look_now()
