"""What a container's health check says of the server and its pool."""

import base64
import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from deployments.health import main, trouble


@contextmanager
def server(status, password=""):
    wanted = f"Basic {base64.b64encode(password.encode()).decode()}" if password else None

    class Pool(BaseHTTPRequestHandler):
        def do_GET(self):
            allowed = self.path == "/api/work_pools/nightschool" and self.headers["Authorization"] == wanted
            self.send_response(200 if allowed else 401)
            self.end_headers()
            self.wfile.write(json.dumps({"status": status}).encode())

        def log_message(self, *_):
            pass

    with HTTPServer(("127.0.0.1", 0), Pool) as listening:
        thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{listening.server_port}/api"
        listening.shutdown()
        thread.join()


@pytest.mark.parametrize(("status", "well"), [("READY", True), ("PAUSED", True), ("NOT_READY", False), (None, False)])
def test_a_pool_without_a_worker_is_no_health(status, well):
    with server(status) as url:
        assert (trouble(url) == "") is well


def test_the_password_may_be_a_secret_file(tmp_path, monkeypatch):
    (tmp_path / "auth").write_text("admin:right\n")
    with server("READY", "admin:right") as url:
        assert "401" in trouble(url, "admin:wrong")
        monkeypatch.setenv("PREFECT_API_URL", url)
        with pytest.raises(SystemExit, match="401"):
            main()
        monkeypatch.setenv("PREFECT_API_AUTH_STRING_FILE", str(tmp_path / "auth"))
        main()


def test_nobody_there_is_no_health(monkeypatch):
    with server("READY") as url:
        pass
    assert "does not answer" in trouble(url)
