"""Other programs of manage.py, run beside this one and stopped with it."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings

GRACE = 30.0  # seconds for what a worker is doing

Program = subprocess.Popen[bytes]


@contextmanager
def running(
    *arguments: str,
    environment: dict[str, str] | None = None,
    grace: float | None = GRACE,
    stdout: int | None = None,
) -> Iterator[Program]:
    """Run `manage.py` with the arguments; stop it at the end of the block."""
    program = subprocess.Popen(
        [sys.executable, settings.BASE_DIR / "manage.py", *arguments],
        env={**os.environ, **(environment or {})},
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        # Ctrl+C reaches the process group of the terminal. This program is to
        # hear of it once, by stop(): a second signal means "at once".
        process_group=0,
    )
    try:
        yield program
    finally:
        _stop(program, grace)


def _stop(program: Program, grace: float | None) -> None:
    """End a program by SIGTERM, or by force when the grace is over."""
    if program.poll() is not None:
        return
    program.terminate()
    try:
        program.wait(grace)
    except subprocess.TimeoutExpired:
        program.kill()
        program.wait()
    except KeyboardInterrupt:
        program.terminate()  # the second signal
        program.wait()
        raise
