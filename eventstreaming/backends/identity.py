"""What this process is called where it leaves its name."""

import os
import socket
from secrets import token_hex

_HOST = socket.gethostname()[:200]
_tokens: dict[int, str] = {}  # by process: a forked one has another


def worker_id() -> str:
    """
    Return the name of this process: host, process id, and a random part.

    No other process ever has it: containers share hosts' names and process ids,
    and what a dead process held is found by its name.
    """
    pid = os.getpid()
    token = _tokens.get(pid) or _tokens.setdefault(pid, token_hex(4))
    return f"{_HOST}:{pid}:{token}"


def host() -> str:
    """Return the name of this machine, or of this container."""
    return _HOST
