"""A served prompt over HTTP: asked for by its ETag, kept for the day on which the server is away."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from nightschool import load_prompt
from nightschool.errors import PromptNotFound
from nightschool.records import version_of
from nightschool.serving import loading


def served_file(text: str) -> bytes:
    content = {"schema_version": 1, "target": "support", "version": version_of(text), "text": text}
    return json.dumps(content | {"promoted_at": "2026-11-22T03:00:00+00:00"}).encode()


@dataclass
class Server:
    """A web server that offers one served file, and notes what it was asked."""

    body: bytes = b""
    status: int = 200
    breaks_off: bool = False
    asked: list[tuple[str, str | None, str | None, int]] = field(default_factory=list)
    url: str = ""


@pytest.fixture
def server(tmp_path, monkeypatch) -> Iterator[Server]:
    offered = Server(body=served_file("First."))

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            etag = f'"{version_of(offered.body.decode())}"'
            unchanged = self.headers.get("If-None-Match") == etag
            status = 304 if unchanged and offered.status == 200 else offered.status
            offered.asked.append((self.path, self.headers.get("If-None-Match"), self.headers.get("Authorization"), status))
            self.send_response(status)
            self.send_header("ETag", etag)
            if offered.breaks_off:
                self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            if status == 200:
                self.wfile.write(b"ffff\r\n" * offered.breaks_off + offered.body)

        def log_message(self, *_: object) -> None:
            """Quiet."""

    monkeypatch.setenv("NIGHTSCHOOL_CACHE", str(tmp_path / "cache"))
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
        threading.Thread(target=listening.serve_forever, args=(0.01,), daemon=True).start()
        offered.url = f"http://127.0.0.1:{listening.server_port}/prompts/"
        yield offered
        listening.shutdown()


def test_an_unchanged_prompt_travels_once(server):
    texts = [load_prompt("support/math", home=server.url, ttl_s=0).text for _ in range(3)]
    assert texts == ["First."] * 3
    assert [asked[0] for asked in server.asked] == ["/prompts/served/support/math.json"] * 3
    assert [asked[3] for asked in server.asked] == [200, 304, 304]


def test_capitals_in_an_address_are_no_other_address(server):
    assert load_prompt("support", home=server.url.replace("http:", "HTTP:")).text == "First."


def test_within_its_time_nobody_is_asked(server, monkeypatch):
    clock = 0.0
    monkeypatch.setattr(loading.time, "monotonic", lambda: clock)
    load_prompt("support", home=server.url)
    server.body = served_file("Second.")
    clock = 59.0
    assert load_prompt("support", home=server.url).text == "First."
    assert len(server.asked) == 1
    clock = 60.0
    assert load_prompt("support", home=server.url).text == "Second."


def test_the_home_may_be_named_by_the_environment(server, monkeypatch):
    monkeypatch.setenv("NIGHTSCHOOL_HOME", server.url)
    monkeypatch.setenv("NIGHTSCHOOL_TOKEN", "for-readers")
    assert load_prompt("support").text == "First."
    assert server.asked[0][2] == "Bearer for-readers"


def test_a_change_is_told_once(server):
    told: list[str] = []

    def call() -> str:
        return load_prompt("support", home=server.url, ttl_s=0, on_change=lambda prompt: told.append(prompt.text)).text

    call()
    assert told == []
    server.body = served_file("Second.")
    assert [call(), call()] == ["Second."] * 2
    assert told == ["Second."]


@pytest.mark.parametrize("status", [404, 403, 500])
def test_a_server_that_fails_leaves_the_last_good_copy_in_force(server, status, caplog):
    load_prompt("support", home=server.url, ttl_s=0)
    server.status = status
    with caplog.at_level(logging.WARNING):
        assert load_prompt("support", default="Default.", home=server.url, ttl_s=0).text == "First."
    assert "serving the last good copy" in caplog.text


def test_an_answer_that_breaks_off_leaves_the_last_good_copy_in_force(server, caplog):
    load_prompt("support", home=server.url, ttl_s=0)
    server.body, server.breaks_off = served_file("Second."), True
    assert load_prompt("support", home=server.url, ttl_s=0).text == "First."
    assert "the answer broke off: IncompleteRead" in caplog.text


@pytest.mark.parametrize("status", [404, 503])
def test_a_process_that_starts_while_the_server_is_away_serves_what_an_earlier_one_got(server, status, monkeypatch):
    load_prompt("support", home=server.url)
    monkeypatch.setattr(loading, "_copies", {})  # another process
    server.status = status
    assert load_prompt("support", default="Default.", home=server.url).text == "First."


@pytest.mark.parametrize("kept", ["", "{}", '{"body": "e30=", "etag": ""}', '{"body": 7, "etag": ""}'])
def test_a_broken_copy_is_no_copy(server, tmp_path, monkeypatch, kept):
    load_prompt("support", home=server.url)
    (file,) = (tmp_path / "cache").iterdir()
    file.write_text(kept)
    monkeypatch.setattr(loading, "_copies", {})
    server.status = 503
    assert load_prompt("support", default="Default.", home=server.url).is_default


def test_before_the_first_promotion_there_is_the_default(server):
    server.status = 404
    assert load_prompt("support", default="Default.", home=server.url).is_default
    with pytest.raises(PromptNotFound, match="there is no http://"):
        load_prompt("support", home=server.url)


@pytest.mark.parametrize("body", [b"<html>not found</html>", b"x" * 9_000_000])
def test_what_is_no_served_file_is_not_served(server, body, caplog):
    server.body = body
    assert load_prompt("support", default="Default.", home=server.url).is_default
    assert "serving the default" in caplog.text


def test_while_one_thread_looks_the_others_go_on(server, monkeypatch):
    load_prompt("support", home=server.url)
    (copy,) = [copy for place, copy in loading._copies.items() if str(place).startswith(server.url)]
    with copy.looking:
        assert load_prompt("support", home=server.url, ttl_s=0).text == "First."
    assert len(server.asked) == 1
