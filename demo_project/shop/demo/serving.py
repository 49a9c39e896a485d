"""Serving the admin beside the worker."""

import socket
import time

from demo_project.shop.demo import DemoFailed, interrupts
from demo_project.shop.demo.processing import check_worker
from demo_project.shop.demo.programs import Program

HOST = "127.0.0.1"
INTERVAL = 0.1


def check_port(port: int) -> None:
    """Raise DemoFailed now rather than after a minute of work."""
    try:
        socket.create_server((HOST, port)).close()
    except (OSError, OverflowError) as error:
        raise DemoFailed(
            f"Port {port} cannot be used ({error}); choose another with --port."
        ) from error


def serve_until_interrupted(server: Program, worker: Program) -> None:
    """Return on Ctrl+C. Raise DemoFailed when one of them ends by itself."""
    while server.poll() is None:
        if interrupts.received():
            return
        check_worker(worker)
        time.sleep(INTERVAL)
    raise DemoFailed(f"The web server has ended with code {server.returncode}.")
