"""Noticing that the code of this process has changed, in development."""

import threading
import time
from math import inf
from os import PathLike

from django.utils.autoreload import (
    StatReloader,
    autoreload_started,
    file_changed,
)


class CodeWatch(StatReloader):
    """
    Counts changes of the files that this process has imported.

    What `runserver` watches is watched here, by stat once a second; what Django
    handles without a restart (templates, translations) does not count.
    """

    def __init__(self, since: float = inf) -> None:
        """Count, too, what has changed while the process began, at `since`."""
        super().__init__()
        self.changes = 0
        self._since = since

    def start(self) -> None:
        """Begin to watch, from a thread."""
        threading.Thread(target=self._watch, name="code-watch", daemon=True).start()

    def notify_file_changed(self, path: str | PathLike[str]) -> None:
        """Note that a file has changed."""
        answers = file_changed.send(sender=self, file_path=path)
        if not any(answer for _, answer in answers):
            self.changes += 1

    def _watch(self) -> None:
        autoreload_started.send(sender=self)
        ticks = self.tick()
        next(ticks)  # from here on it notices what changes
        self._count_earlier_changes()
        for _ in ticks:
            pass

    def _count_earlier_changes(self) -> None:
        now = time.time()  # what comes from the future would count again and again
        for path, changed_at in self.snapshot_files():
            if self._since < changed_at <= now:
                self.notify_file_changed(path)
