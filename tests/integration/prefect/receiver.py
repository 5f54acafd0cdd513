"""The other ends of a webhook and of an e-mail on loopback: they keep what they were sent."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Iterator
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import StreamRequestHandler, ThreadingTCPServer
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

    with _serving(ThreadingHTTPServer(("127.0.0.1", 0), Handler)) as port:
        receiver.url = f"http://127.0.0.1:{port}/"
        yield receiver


@contextlib.contextmanager
def receiving_mail() -> Iterator[Receiver]:
    """As much of SMTP (RFC 5321) as a client needs that has one mail to send."""
    receiver = Receiver()

    class Handler(StreamRequestHandler):
        def handle(self) -> None:
            self.say("220 ready")
            for line in self.rfile:
                word = line[:4].strip().upper()
                if word == b"DATA":
                    self.say("354 go on")
                    receiver.add(_as_message(b"".join(iter(self.rfile.readline, b".\r\n"))))
                self.say("221 bye" if word == b"QUIT" else "250 fine")
                if word == b"QUIT":
                    return

        def say(self, line: str) -> None:
            self.wfile.write(f"{line}\r\n".encode())

    with _serving(ThreadingTCPServer(("127.0.0.1", 0), Handler)) as port:
        receiver.url = f"mailto://127.0.0.1:{port}?from=nightschool@example.com&to=team@example.com&mode=insecure&format=text"
        yield receiver


def _as_message(data: bytes) -> dict[str, Any]:
    mail = message_from_bytes(data, policy=policy.default)
    body = mail.get_body(("plain", "html"))
    assert body is not None
    return {"to": mail["To"], "subject": mail["Subject"], "body": body.get_content()}


@contextlib.contextmanager
def _serving(server: ThreadingTCPServer) -> Iterator[int]:
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        yield int(server.server_address[1])
    finally:
        server.shutdown()
        server.server_close()
