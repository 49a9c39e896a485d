"""
A child without a worker: it says and does what a file tells, and writes down what.

`python puppet.py FOLDER`: the file `part` there holds a JSON object. Without Django
it starts in a moment.
"""

import json
import os
import signal
import socket
import sys
import threading
import time
from pathlib import Path
from typing import Any

FOLDER = Path(sys.argv[1])
REPORT: dict[str, Any] = {
    "worker_id": f"puppet:{os.getpid()}",
    "pid": os.getpid(),
    "state": "running",
    "queues": {},
    "subscriptions": [],
    "threads": 1,
    "in_flight": 0,
    "done": 0,
    "failed": 0,
    "handled": 0,
    "late": 0.0,
    "memory": 1,
    "wants_replacement": "",
    "changes": 0,
}


def note(what: str) -> None:
    line = f"{time.monotonic()} {os.getpid()} {what}\n"
    with (FOLDER / "notes").open("a") as file:
        file.write(line)


def leave(what: str) -> None:
    note(what)
    os._exit(0)


def main() -> None:
    note("started")
    part = json.loads((FOLDER / "part").read_text())
    line = socket.socket(
        fileno=int(os.environ["EVENTSTREAMING_SUPERVISOR_LINE"].split()[0])
    )

    def listen() -> None:
        while line.recv(1):
            leave("drained")
        leave("orphaned")

    threading.Thread(target=listen, daemon=True).start()
    if part.get("ignores_signals"):
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    else:
        signal.signal(signal.SIGTERM, lambda *args: leave("stopped"))
    if "fails" in part:
        os._exit(part["fails"])
    note("ready")  # before the supervisor knows
    line.sendall(json.dumps({**REPORT, **part.get("report", {})}).encode() + b"\n")
    if "ends" in part:
        time.sleep(0.02)
        os._exit(part["ends"])
    while True:
        time.sleep(0.1)
        if not part.get("is_silent"):
            line.sendall(
                json.dumps({**REPORT, **part.get("report", {})}).encode() + b"\n"
            )


if __name__ == "__main__":
    main()
