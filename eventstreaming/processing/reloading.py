"""Noticing that the code of this process has changed, in development."""

import threading
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

    def __init__(self) -> None:
        super().__init__()
        self.changes = 0

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
        for _ in self.tick():
            pass
