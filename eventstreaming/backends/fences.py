"""How far readers may go, and which transactions hold them back."""

from dataclasses import dataclass, replace
from typing import Self


@dataclass(frozen=True, slots=True)
class FenceHolder:
    """
    A running transaction that has appended, and holds readers behind it.

    Categories and the whole store are read up to `position` until it ends.
    `seconds` is its age. `pid` is None for a prepared transaction. `query` is its
    last statement, if the database lets this user see it.
    """

    pid: int | None
    position: int
    seconds: float | None
    application: str
    user: str
    state: str
    query: str


@dataclass(frozen=True, slots=True)
class FenceStatus:
    """
    How far readers may go. `fence` lags behind while transactions are open.

    `holders` are these, the one that holds the fence first.
    """

    last_position: int
    fence: int
    holders: tuple[FenceHolder, ...] = ()

    @property
    def lag(self) -> int:
        """Return how many positions readers are held back by."""
        return self.last_position - self.fence

    def without_statements(self) -> Self:
        """Return the same for who sees no payloads, of which statements are full."""
        holders = tuple(replace(holder, query="") for holder in self.holders)
        return replace(self, holders=holders)
