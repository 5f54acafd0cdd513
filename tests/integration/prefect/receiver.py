"""A webhook's other end on loopback: keeps what it was sent."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

DEADLINE_S = 180


class Receiver:
    """What has arrived, and how to wait for more."""

    def __init__(self) -> None:
        self.url = ""
        self.received: list[dict[str, Any]] = []
        self._news = threading.Condition()

    def add(self, message: dict[str, Any]) -> None:
        with self._news:
            self.received.append(message)
            self._news.notify_all()

    def about(self, words: str, timeout_s: float = DEADLINE_S) -> list[dict[str, Any]]:
        """Wait until a message has these words; all that have them."""
        with self._news:
            assert self._news.wait_for(lambda: self._with(words), timeout_s), f"{words!r} never arrived: {self.received}"
            return self._with(words)

    def _with(self, words: str) -> list[dict[str, Any]]:
        return [message for message in self.received if words in json.dumps(message)]


@contextlib.contextmanager
def receiving() -> Iterator[Receiver]:
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            receiver.add(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *words: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver.url = f"http://127.0.0.1:{server.server_port}/"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
