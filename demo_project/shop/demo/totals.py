"""Orders added up."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Self


@dataclass(frozen=True, slots=True)
class Totals:
    """Orders added up."""

    orders: int = 0
    cds: int = 0
    revenue: Decimal = Decimal(0)

    def add(self, cds: int, amount: Decimal) -> Self:
        return type(self)(self.orders + 1, self.cds + cds, self.revenue + amount)

    def __str__(self) -> str:
        return f"{self.orders:,} orders, {self.cds:,} CDs, ${self.revenue:,.2f}"
