"""A chat call through OpenAI's client, without its walk through the request.

`chat.completions.create` looks at each nested value of each message, once for every shape that a message may have, for
aliases that chat requests do not have: as much work as all of Agno's. `post` is the client's own door for requests that it
need not look at, with the same address, key, headers, retries and errors.
"""

from __future__ import annotations

from types import FunctionType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from openai import AsyncOpenAI

OPTIONS = {"extra_headers": "headers", "extra_query": "params", "extra_body": "extra_json"}
"""What is no part of a request's body, by the name that `post` gives it; None is as good as nothing."""


async def post_chat(client: AsyncOpenAI, **request: Any) -> Any:
    """What `client.chat.completions.create(**request)` returns, or raises.

    A client that is not the SDK's own, or that somebody listens to (a tracer puts itself in the place of `create`), is
    asked in the usual way.

    Args:
        client: an `AsyncOpenAI`, or whatever has its `chat.completions.create`.
        request: what `create` takes.
    """
    import openai
    from openai.types.chat import ChatCompletion

    if not _may_be_posted(client, request):
        return await client.chat.completions.create(**request)
    given = {name: value for name, value in request.items() if not isinstance(value, openai.Omit | openai.NotGiven)}
    named = {name: given.pop(given_as, None) for given_as, name in OPTIONS.items()}
    options: Any = {name: value for name, value in named.items() if value is not None}
    if "timeout" in given:  # None is none at all
        options["timeout"] = given.pop("timeout")
    return await client.post("/chat/completions", cast_to=ChatCompletion, body=given, options=options)


def _may_be_posted(client: Any, request: dict[str, Any]) -> bool:
    """Whether nobody would miss `create`; what a class of the caller's makes of a stream or a format is for it to check."""
    from openai.resources.chat.completions import AsyncCompletions

    return (
        type(client.chat.completions) is AsyncCompletions
        and isinstance(AsyncCompletions.create, FunctionType)
        and not request.get("stream")
        and not isinstance(request.get("response_format"), type)
    )
