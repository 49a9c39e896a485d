"""Columns of text, as people read them on a terminal."""

from collections.abc import Iterable, Sequence

Cell = str | int | None


def table(titles: Sequence[str], rows: Iterable[Sequence[Cell]]) -> list[str]:
    """Return lines whose columns are aligned: numbers to the right, texts left."""
    lines: list[Sequence[Cell]] = [titles, *rows]
    texts = [[_text(cell) for cell in line] for line in lines]
    widths = [max(map(len, column)) for column in zip(*texts, strict=True)]
    right = [
        any(isinstance(cell, int) for cell in column)
        for column in zip(*lines, strict=True)
    ]
    return [
        "  ".join(
            cell.rjust(width) if numeric else cell.ljust(width)
            for cell, width, numeric in zip(line, widths, right, strict=True)
        ).rstrip()
        for line in texts
    ]


def seconds(value: float | None) -> str:
    """Return a duration in its largest unit."""
    if value is None:
        return "-"
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if value >= size:
            return f"{value / size:.1f} {unit}"
    return f"{value:.1f} s"


def printable(text: str) -> str:
    """Return a text of one line that moves no cursor: the rest of it is escaped."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def _text(cell: Cell) -> str:
    if cell is None:
        return "-"
    return f"{cell:,}" if isinstance(cell, int) else printable(cell)
