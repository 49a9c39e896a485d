"""The project under a real ASGI server, in a thread, on the tests' database."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from django.core.asgi import get_asgi_application


@contextmanager
def asgi_server() -> Iterator[int]:
    """Serve on a free port of this machine; give the port. All clients have to leave."""
    with socket.create_server(("127.0.0.1", 0), backlog=512) as listening:
        config = uvicorn.Config(
            get_asgi_application(),
            log_level="error",
            lifespan="off",
            timeout_graceful_shutdown=1,
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, args=([listening],))
        thread.start()
        try:
            while not server.started:
                time.sleep(0.01)
            yield listening.getsockname()[1]
        finally:
            left = _left_behind(server)
            server.should_exit = True
            thread.join()
        assert left == 0, "answers go on though their clients have gone"


def _left_behind(server: uvicorn.Server) -> int:
    """Return how many requests are still answered a while after the last client left."""
    deadline = time.monotonic() + 2
    while server.server_state.tasks and time.monotonic() < deadline:
        time.sleep(0.01)
    return len(server.server_state.tasks)
