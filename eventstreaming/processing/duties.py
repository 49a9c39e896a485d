"""What is done beside workers, from what they report."""

import logging
from collections.abc import Sequence

from eventstreaming.processing.reports import Report

logger = logging.getLogger("eventstreaming.worker")


class Duty:
    """Something that looks after workers: begins, notes reports, and ends."""

    def start(self) -> None:
        """Begin; the workers are about to."""

    def note(self, reports: Sequence[Report]) -> None:
        """Note how the workers are, once a second."""

    def finish(self) -> None:
        """End; the workers have."""


def attend(duties: Sequence[Duty], reports: Sequence[Report]) -> None:
    """Have all duties note the reports; no worker ends because one fails."""
    for duty in duties:
        try:
            duty.note(reports)
        except Exception:
            logger.exception("looking after the workers failed; they go on")
