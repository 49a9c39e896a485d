"""Debian's pgbouncer in front of the test database, in transaction mode."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest import mock
from urllib.parse import quote

from django.db import connection, connections

from demo_project.embedded import ACCOUNT

PROGRAM = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
PATIENCE = 10.0
CONFIGURATION = """
[databases]
* = {server}

[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = {size}
max_client_conn = 100
"""


@contextmanager
def pooled(size: int) -> Iterator[str]:
    """
    Send all new connections of this process through a pool of `size`.

    Yield the URL for other processes.
    """
    assert PROGRAM is not None
    settings = connections.settings["default"]
    with tempfile.TemporaryDirectory(prefix="pgbouncer-") as folder:
        port = _free_port()
        configuration = Path(folder, "pgbouncer.ini")
        configuration.write_text(
            CONFIGURATION.format(server=_server(), port=port, size=size)
        )
        Path(folder).chmod(0o755)
        log = Path(folder, "log")
        with log.open("w") as output:
            process = subprocess.Popen(
                [PROGRAM, str(configuration)],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                user=_account(),
            )
        try:
            _wait_for(port, process, log)
            connection.close()
            options = {k: v for k, v in settings["OPTIONS"].items() if k != "host"}
            with mock.patch.dict(
                settings,
                HOST="127.0.0.1",
                PORT=str(port),
                OPTIONS=options,
                DISABLE_SERVER_SIDE_CURSORS=True,
            ):
                yield (
                    f"postgres://{quote(settings['USER'])}@127.0.0.1:{port}/"
                    f"{quote(settings['NAME'])}?DISABLE_SERVER_SIDE_CURSORS=true"
                )
                connection.close()
        finally:
            process.terminate()
            process.wait(PATIENCE)


def _server() -> str:
    """Return where the server is, as pgbouncer reads it."""
    parameters = connection.get_connection_params()
    place = {
        "host": parameters.get("host", "127.0.0.1"),
        "port": parameters.get("port", "5432"),
        "user": parameters["user"],
        "password": parameters.get("password"),
    }
    return " ".join(f"{name}='{value}'" for name, value in place.items() if value)


def _account() -> str | None:
    """Return who runs it: it refuses to be root."""
    if os.geteuid():
        return None
    known = {account.pw_name for account in pwd.getpwall()}
    return ACCOUNT if ACCOUNT in known else "nobody"


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def _wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(log.read_text()) from None
            time.sleep(0.02)
        else:
            return
