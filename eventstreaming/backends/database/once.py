"""Keys of what handlers have done."""

from eventstreaming.backends.relational import RelationalStore
from eventstreaming.models import OnceKey


class OnceOperations(RelationalStore):
    """What notes a key. See BaseOnce."""

    def note_once(self, scope: str, key: str) -> bool:
        """See BaseOnce.note_once()."""
        rows = OnceKey.objects.using(self.database)
        return rows.get_or_create(scope=scope, key=key)[1]
