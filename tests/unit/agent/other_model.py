"""A model that does not speak OpenAI's protocol, and answers what a test tells it to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from agno.metrics import MessageMetrics
from agno.models.base import Model
from agno.models.response import ModelResponse


def says(text: str, input_tokens: int = 10, output_tokens: int = 5, **fields: Any) -> ModelResponse:
    """An answer, with what it took."""
    took = MessageMetrics(input_tokens=input_tokens, output_tokens=output_tokens, total_tokens=input_tokens + output_tokens)
    return ModelResponse(role="assistant", content=text, response_usage=took, **fields)


@dataclass
class OtherModel(Model):
    """Answers from a script, or raises what stands there; the last one is repeated when the script is over."""

    id: str = "other"
    max_tokens: int | None = None
    script: Sequence[ModelResponse | Exception] = ()
    made: list[int] = field(default_factory=list)
    """For each call how many messages it was sent."""

    async def ainvoke(self, messages: Sequence[Any] = (), **_: Any) -> ModelResponse:
        self.made.append(len(messages))
        answer = self.script[min(len(self.made), len(self.script)) - 1]
        if isinstance(answer, Exception):
            raise answer
        return answer

    def invoke(self, *_: Any, **__: Any) -> ModelResponse:
        raise NotImplementedError

    invoke_stream = ainvoke_stream = _parse_provider_response = _parse_provider_response_delta = invoke
