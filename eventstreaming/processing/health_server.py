"""`/live` and `/ready` over HTTP, for orchestrators and load balancers."""

import json
import logging
import socket
import threading
from functools import partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from eventstreaming.exceptions import InvalidValue
from eventstreaming.processing.duties import Duty
from eventstreaming.processing.health import Health

logger = logging.getLogger("eventstreaming.worker")


class HealthServer(Duty):
    """Answers in threads of its own; there is nothing to see but health."""

    def __init__(self, health: Health, host: str, port: int) -> None:
        server_class = _ServerOnIPv6 if ":" in host else _Server
        try:
            self._server = server_class((host, port), partial(_Handler, health))
        except (OSError, OverflowError) as error:
            raise InvalidValue("http-port", f"{host}:{port}: {error}") from error
        self._host = host
        self.port: int = self._server.server_address[1]

    def start(self) -> None:
        """Begin to answer."""
        threading.Thread(
            target=self._server.serve_forever, name="health", daemon=True
        ).start()
        place = f"[{self._host}]" if ":" in self._host else self._host
        logger.info("health on http://%s:%d/live and /ready", place, self.port)

    def finish(self) -> None:
        """Answer no more."""
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Pass over a client that has gone."""
        logger.debug("a client has gone that asked about health")


class _ServerOnIPv6(_Server):
    address_family = socket.AF_INET6


class _Handler(BaseHTTPRequestHandler):
    timeout = 5  # seconds, for a client that says nothing
    server_version = "eventstreaming"
    sys_version = ""

    def __init__(self, health: Health, *args: Any) -> None:
        self._health = health
        super().__init__(*args)

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        questions = {
            "/live": ("alive", self._health.why_not_alive),
            "/ready": ("ready", self._health.why_not_ready),
        }
        if path not in questions:
            self._answer(HTTPStatus.NOT_FOUND, {"paths": list(questions)})
            return
        word, ask = questions[path]
        reasons = ask()
        status = HTTPStatus.SERVICE_UNAVAILABLE if reasons else HTTPStatus.OK
        self._answer(
            status,
            {
                "status": f"not {word}" if reasons else word,
                "reasons": reasons,
                "workers": self._health.workers(),
            },
        )

    do_HEAD = do_GET

    def log_message(self, text: str, *args: Any) -> None:
        """Log no line a probe."""

    def _answer(self, status: HTTPStatus, content: dict[str, Any]) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
