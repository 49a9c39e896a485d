"""How far a command has come: one line that is overwritten, or a line now and then."""

from django.core.management.base import OutputWrapper

from eventstreaming import clock

REDRAW_SECONDS = 0.2
LOG_SECONDS = 10.0


class ProgressLine:
    """Writes to standard error: where nobody watches, every ten seconds."""

    def __init__(self, stream: OutputWrapper, *, shown: bool = True) -> None:
        self._stream = stream
        self._shown = shown
        self._watched = stream.isatty()
        self._pause = REDRAW_SECONDS if self._watched else LOG_SECONDS
        self._next = clock.monotonic() + self._pause
        self._drawn = False

    def show(self, text: str) -> None:
        """Show the text, if it is time."""
        now = clock.monotonic()
        if not self._shown or now < self._next:
            return
        self._next = now + self._pause
        if self._watched:
            self._stream.write(f"\r\x1b[K{text}", ending="")
            self._stream.flush()
            self._drawn = True
        else:
            self._stream.write(text)

    def clear(self) -> None:
        """Leave no line behind."""
        if self._drawn:
            self._stream.write("\r\x1b[K", ending="")
            self._drawn = False
