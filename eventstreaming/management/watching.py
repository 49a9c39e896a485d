"""Output that is renewed in place, until somebody presses Ctrl+C."""

from collections.abc import Callable

from django.core.management.base import OutputWrapper

from eventstreaming import clock

CLEAR = "\x1b[H\x1b[2J"  # only a terminal gets it


def watch(
    show: Callable[[], list[str]], seconds: float, out: OutputWrapper, *, gap: str = ""
) -> None:
    """
    Write what `show` returns, again and again; Ctrl+C ends it without an error.

    On a terminal a round takes the place of the one before. Elsewhere it follows it,
    with `gap` between them. A round without lines leaves the one before.
    """
    in_place = out.isatty()
    first = True
    try:
        while True:
            if lines := show():
                start = CLEAR if in_place else "" if first else gap
                out.write(start + "\n".join(lines))
                out.flush()
                first = False
            clock.sleep(seconds)
    except KeyboardInterrupt:
        out.write("", ending="\n" if in_place else "")
