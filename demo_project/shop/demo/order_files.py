"""Reading a file of real orders, in the layout of data/README.md."""

import re
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

from demo_project.shop.demo import DemoFailed

SAMPLE = Path(__file__).resolve().parent.parent / "data" / "cdnow_sample.txt"

_COLUMNS = re.compile(
    r"\s*(\d{1,9})\s+\d{1,9}\s+(\d{8})\s+(\d{1,6})\s+(\d{1,7}\.\d\d)\s*", re.ASCII
)


class InvalidOrderFile(DemoFailed):
    """The file cannot be read, or a line of it is no order."""


@dataclass(frozen=True, slots=True)
class OrderLine:
    """One order of the file. Equal lines are different orders, by the reference."""

    reference: str
    customer_number: int
    ordered_on: date
    cds: int
    amount: Decimal


def read_orders(path: Path) -> list[OrderLine]:
    """
    Return the orders of a file, the oldest first.

    Raise InvalidOrderFile naming the line.
    """
    try:
        text = path.read_text(encoding="ascii", errors="replace")
    except OSError as error:
        raise InvalidOrderFile(f"{path}: {error.strerror}") from error
    seen: Counter[str] = Counter()
    orders = []
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            try:
                orders.append(_parse(line, seen))
            except ValueError as error:
                raise InvalidOrderFile(f"{path}, line {number}: {error}") from error
    if not orders:
        raise InvalidOrderFile(f"{path}: there is no order in it")
    return sorted(orders, key=_date)


def _parse(line: str, seen: Counter[str]) -> OrderLine:
    columns = _COLUMNS.fullmatch(line)
    if columns is None:
        raise ValueError(
            "expected customer, customer in the sample, YYYYMMDD, CDs and dollars, "
            f"not {line.strip()[:60]!r}"
        )
    customer, day, cds, amount = columns.groups()
    try:
        ordered_on = datetime.strptime(day, "%Y%m%d").replace(tzinfo=UTC).date()
    except ValueError:
        raise ValueError(f"{day} is not a date") from None
    reference = f"{int(customer)}-{day}-{int(cds)}-{Decimal(amount)}"
    seen[reference] += 1
    if seen[reference] > 1:
        reference = f"{reference}-{seen[reference]}"
    return OrderLine(reference, int(customer), ordered_on, int(cds), Decimal(amount))


def _date(order: OrderLine) -> date:
    return order.ordered_on
