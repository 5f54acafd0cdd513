"""What a chat-completion request must look like, and the errors that a wrong one is answered with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from nightschool.simulator.chat import text_of
from nightschool.simulator.settings import SimulatorSettings

_ROLES = ("system", "developer", "user", "assistant", "tool")
_RANGES: Mapping[str, tuple[float, float]] = {"temperature": (0, 2), "top_p": (0, 1), "n": (1, 16)}
_POSITIVE = ("max_tokens", "max_completion_tokens")
_CHARACTERS_PER_TOKEN = 4


class RequestError(Exception):
    """A request that is refused, in OpenAI's shape: HTTP status, message, code and the parameter at fault."""

    def __init__(self, status: int, message: str, *, code: str | None = None, param: str | None = None) -> None:
        super().__init__(message)
        self.status, self.message, self.code, self.param = status, message, code, param

    def body(self) -> dict[str, Any]:
        """The JSON body of the error."""
        kind = "invalid_request_error" if self.status < 500 else "server_error"
        return {"error": {"message": self.message, "type": kind, "param": self.param, "code": self.code}}


def check_request(body: object, settings: SimulatorSettings) -> Mapping[str, Any]:
    """The body, if it is a request that can be answered.

    Raises:
        RequestError: saying what is wrong with it.
    """
    if not isinstance(body, dict):
        raise RequestError(400, "The body must be a JSON object.")
    _check_model(body.get("model"), settings)
    _check_messages(body.get("messages"))
    for name, (low, high) in _RANGES.items():
        _check_range(body, name, low, high)
    for name in _POSITIVE:
        _check_range(body, name, 1, float("inf"))
    _check_tools(body.get("tools"))
    _check_length(body["messages"], settings.context_tokens)
    return body


def count_tokens(text: str) -> int:
    """A rough number of tokens: one for each four characters, at least one for any text."""
    return -(-len(text) // _CHARACTERS_PER_TOKEN)


def prompt_tokens(messages: Sequence[Mapping[str, Any]]) -> int:
    """Tokens of a request's messages, with four for each message's frame."""
    return sum(4 + count_tokens(text_of(message.get("content"))) for message in messages)


def _check_model(model: object, settings: SimulatorSettings) -> None:
    if not isinstance(model, str) or not model:
        raise RequestError(400, "You must provide a model parameter.", param="model")
    if model not in settings.models:
        raise RequestError(404, f"The model `{model}` does not exist.", code="model_not_found", param="model")


def _check_messages(messages: object) -> None:
    if not isinstance(messages, list) or not messages:
        raise RequestError(400, "Missing required parameter: 'messages', a list that is not empty.", param="messages")
    for position, message in enumerate(messages):
        place = f"messages[{position}]"
        if not isinstance(message, dict) or message.get("role") not in _ROLES:
            raise RequestError(400, f"Invalid role in {place}: one of {', '.join(_ROLES)} is needed.", param=place)
        content = message.get("content")
        if not isinstance(content, str | list) and not (content is None and message["role"] == "assistant"):
            raise RequestError(400, f"Invalid content in {place}: a string or a list of parts is needed.", param=place)


def _check_range(body: Mapping[str, Any], name: str, low: float, high: float) -> None:
    value = body.get(name)
    if value is None:
        return
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise RequestError(400, f"Invalid '{name}': a number from {low:g} to {high:g} is needed.", param=name)


def _check_tools(tools: object) -> None:
    if tools is None:
        return
    named = isinstance(tools, list) and all(
        isinstance(tool, dict) and isinstance(tool.get("function"), dict) and tool["function"].get("name") for tool in tools
    )
    if not named:
        raise RequestError(400, "Invalid 'tools': a list of functions with names is needed.", param="tools")


def _check_length(messages: Sequence[Mapping[str, Any]], limit: int) -> None:
    tokens = prompt_tokens(messages)
    if tokens > limit:
        message = f"This model's maximum context length is {limit} tokens; the messages have {tokens}."
        raise RequestError(400, message, code="context_length_exceeded", param="messages")
