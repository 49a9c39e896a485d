"""`runworker` that looks once and then only when it is told."""

from typing import Any

from eventstreaming.backends.waking import listening, polling
from eventstreaming.management.commands import runworker
from eventstreaming.processing import worker

FOR_EVER = 3600.0  # seconds


class Command(runworker.Command):
    def handle(self, *args: Any, **options: Any) -> None:
        polling.SHORTEST = polling.LONGEST = polling.LONGEST_LIVE = FOR_EVER
        listening.BEAT = FOR_EVER
        worker.LOOK_EVERY = FOR_EVER
        super().handle(*args, **options)
