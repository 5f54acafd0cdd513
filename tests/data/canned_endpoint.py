"""A loopback OpenAI-compatible endpoint whose answers can be foretold; the standard library alone, so that any Agno can ask it.

The last user message decides: "explode" is refused with 400, "look up" calls the tool `find_order`, "refund" the tool
`pay_back` (which fails), "stop it" the tool `stop_this_run`, "delete" the tool `delete_account` (which waits for a person),
"ask Ada" hands a team's question to its member, "say nothing" is answered with null. All else: "Answer to: …".
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

_TOOL_OF = {"look up": "find_order", "refund": "pay_back", "stop it": "stop_this_run", "delete": "delete_account"}
_ARGUMENTS = {"find_order": {"number": "A-17"}, "pay_back": {"number": "A-17"}}
_HANDING_OVER = {
    "delegate_task_to_member": {"member_id": "ada", "task": "ask Ada's own books"},
    "transfer_task_to_member": {
        "member_id": "ada",
        "task_description": "ask Ada's own books",
        "task": "ask Ada's own books",
        "expected_output": "one sentence",
    },
}


def answer_to(question: str) -> str:
    """What the endpoint says where no tool is to be called."""
    return f"Answer to: {question}"


@contextmanager
def answering() -> Iterator[str]:
    """Serve on a free port; yields the base URL."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        asked = _text([message for message in request["messages"] if message["role"] == "user"][-1]["content"])
        if "explode" in asked:
            self._send(400, {"error": {"message": "this question can't be answered", "type": "bad_request", "code": "bad"}})
        else:
            self._send(200, _completion(_message(request, asked)))

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's own name
        """Nothing: a script's output is its own."""

    def _send(self, status: int, body: dict[str, Any]) -> None:
        payload = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(payload)))
        self.end_headers()
        self.wfile.write(payload)


def _message(request: dict[str, Any], asked: str) -> dict[str, Any]:
    tools = {tool["function"]["name"]: tool["function"] for tool in request.get("tools") or ()}
    wanted = _wanted(asked, tools)
    if wanted and request["messages"][-1]["role"] != "tool":
        name, arguments = wanted
        call = {"id": f"call_{name}", "type": "function", "function": {"name": name, "arguments": json.dumps(arguments)}}
        return {"role": "assistant", "content": None, "tool_calls": [call]}
    return {"role": "assistant", "content": None if "say nothing" in asked else answer_to(asked)}


def _wanted(asked: str, tools: dict[str, Any]) -> tuple[str, dict[str, str]] | None:
    """The tool that the question asks for, if the request offers it."""
    if "ask Ada" in asked:
        for name in _HANDING_OVER.keys() & tools.keys():
            known = tools[name]["parameters"]["properties"]
            return name, {key: value for key, value in _HANDING_OVER[name].items() if key in known}
    for words, name in _TOOL_OF.items():
        if words in asked and name in tools:
            return name, _ARGUMENTS.get(name, {})
    return None


def _completion(message: dict[str, Any]) -> dict[str, Any]:
    finished = "tool_calls" if "tool_calls" in message else "stop"
    usage = {"prompt_tokens": 12, "completion_tokens": 3, "total_tokens": 15}
    choice = {"index": 0, "message": message, "finish_reason": finished}
    return {"id": "c", "object": "chat.completion", "created": 1, "model": "canned-1", "choices": [choice], "usage": usage}


def _text(content: Any) -> str:
    if isinstance(content, str):
        return content
    return "\n".join(part["text"] for part in content or () if part.get("type") == "text")
