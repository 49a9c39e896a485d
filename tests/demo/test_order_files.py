"""Reading files of real orders."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from demo_project.shop.demo.order_files import SAMPLE, InvalidOrderFile, read_orders

GOOD = " 00004 0001 19970101  2   29.33\r\n"


def write(folder: Path, text: str) -> Path:
    path = folder / "orders.txt"
    path.write_bytes(text.encode())
    return path


def test_the_sample_has_what_its_readme_says() -> None:
    orders = read_orders(SAMPLE)
    assert len(orders) == len({order.reference for order in orders}) == 6_919
    assert len({order.customer_number for order in orders}) == 2_357
    assert sum(order.cds for order in orders) == 16_479
    assert sum(order.amount for order in orders) == Decimal("244091.94")
    days = [order.ordered_on for order in orders]
    assert days == sorted(days)
    assert (days[0], days[-1]) == (date(1997, 1, 1), date(1998, 6, 30))


def test_a_line_becomes_an_order(tmp_path: Path) -> None:
    (order,) = read_orders(write(tmp_path, GOOD))
    assert order.customer_number == 4
    assert order.ordered_on == date(1997, 1, 1)
    assert (order.cds, order.amount) == (2, Decimal("29.33"))
    assert order.reference == "4-19970101-2-29.33"


def test_equal_lines_are_different_orders(tmp_path: Path) -> None:
    first, second = read_orders(write(tmp_path, GOOD + GOOD))
    assert first.reference != second.reference


def test_other_line_ends_and_empty_lines_are_fine(tmp_path: Path) -> None:
    text = GOOD.replace("\r\n", "\n") + "\n" + GOOD.rstrip()
    assert len(read_orders(write(tmp_path, text))) == 2


@pytest.mark.parametrize(
    "line",
    [
        "00004 0001 19970101  2",
        "00004 0001 19970101  2   29.33 7",
        "00004 0001 19970101  2   29,33",
        "00004 0001 19970101 -2   29.33",
        "00004 0001 19970101  2   -9.33",
        "00004 0001 1997-1-1  2   29.33",
        "00004 0001 19970101  2   99999999999.00",
        "00004 0001 19970101  9999999   29.33",
        "customer sample date CDs dollars",
        "\N{ARABIC-INDIC DIGIT FOUR} 0001 19970101  2   29.33",
        "00004 0001 19970101  2   29.33\x00",
        "x" * 10_000,
    ],
)
def test_a_line_that_is_no_order_is_named(tmp_path: Path, line: str) -> None:
    path = write(tmp_path, f"{GOOD}\r\n{line}\r\n{GOOD}")
    with pytest.raises(InvalidOrderFile, match=r"orders.txt, line 3: ") as caught:
        read_orders(path)
    assert len(str(caught.value)) < len(str(path)) + 200


def test_an_impossible_date_is_named(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD + GOOD.replace("19970101", "19970229"))
    with pytest.raises(InvalidOrderFile, match="line 2: 19970229 is not a date"):
        read_orders(path)


def test_a_file_without_orders_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidOrderFile, match="there is no order in it"):
        read_orders(write(tmp_path, "\r\n"))


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidOrderFile, match="No such file"):
        read_orders(tmp_path / "missing.txt")
    with pytest.raises(InvalidOrderFile, match="directory"):
        read_orders(tmp_path)
