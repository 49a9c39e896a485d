"""Keeping leases on partitions while their events are handled."""

import logging
import threading
from dataclasses import dataclass, field
from datetime import timedelta

from django.db import connections
from django.db.models.functions import Now

from eventstreaming import clock
from eventstreaming.models import Checkpoint

logger = logging.getLogger("eventstreaming.worker")


@dataclass(eq=False, slots=True)
class PartitionLease:
    """
    The right to work a partition, which others see by its epoch.

    `lost` says that somebody else has it: what is committed by this one is refused.
    """

    checkpoint: int
    epoch: int
    timeout: float
    using: str
    lost: bool = False
    renewed_at: float = field(default_factory=lambda: clock.monotonic())

    def renew(self) -> bool:
        """Begin the time-out anew; say whether the lease is still there."""
        began = clock.monotonic()
        renewed = (
            Checkpoint.objects.using(self.using)
            .filter(pk=self.checkpoint, epoch=self.epoch)
            .update(
                leased_until=Now() + timedelta(seconds=self.timeout), looked_at=Now()
            )
        )
        if renewed:
            self.renewed_at = began
        self.lost = self.lost or not renewed
        return not self.lost

    def is_held(self) -> bool:
        """Say whether it is still there, asking if this process was held up."""
        if not self.lost and clock.monotonic() - self.renewed_at > self.timeout / 2:
            return self.renew()
        return not self.lost


class PartitionLeases:
    """Renews the leases of a process: one thread, a third of the time-out apart."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: set[PartitionLease] = set()
        self._wake = threading.Event()
        self._thread: threading.Thread | None = None

    def add(self, lease: PartitionLease) -> None:
        """Renew a lease from now on."""
        with self._lock:
            self._held.add(lease)
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._beat, name="partition leases", daemon=True
                )
                self._thread.start()
        self._wake.set()

    def remove(self, lease: PartitionLease) -> None:
        """Renew a lease no longer."""
        with self._lock:
            self._held.discard(lease)

    def _beat(self) -> None:
        while True:
            self._wake.clear()
            with self._lock:
                held = list(self._held)
            self._wake.wait(self._renew_due(held))

    def _renew_due(self, held: list[PartitionLease]) -> float | None:
        """Renew what is due; return how long nothing will be, None without leases."""
        pause: float | None = None
        now = clock.monotonic()
        due = [x for x in held if now - x.renewed_at >= x.timeout / 3 and not x.lost]
        for lease in due:
            try:
                lease.renew()
            except Exception:  # the database may be away: the lease may survive that
                logger.warning("a lease could not be renewed", exc_info=True)
        if due:
            connections.close_all()
        for lease in held:
            left = max(0.05, lease.renewed_at + lease.timeout / 3 - now)
            pause = left if pause is None else min(pause, left)
        return pause


partition_leases = PartitionLeases()
