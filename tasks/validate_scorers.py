"""The models of judges among Agno's scorers: their calls journaled, paid and paced like those of ours."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from nightschool.agent import watched_model
from nightschool.grading import NamedScorer
from nightschool.llm import AgentCalls, Journal, Limiters, Meter, what_decides
from nightschool.records import ModelPolicy, canonical_json

_NONCE = re.compile(r"tagged with nonce ([0-9a-f]{32})\b")
"""Agno's judge fences what it grades with a new random number each time."""


def watch_scorers(
    scorers: Iterable[NamedScorer], limiters: Limiters, journal: Journal, meter: Meter, models: ModelPolicy
) -> None:
    """Journal and pay each call where the model speaks OpenAI's protocol, else pace it alone.

    Args:
        scorers: copies that belong to this event loop.
        limiters: how fast their endpoints are asked.
        journal: answers their calls, as the judge's.
        meter: counts them.
        models: prices.
    """
    journaled = AgentCalls(journal, meter, models, "judge", _without_nonces)
    for model in _models_of(scorers):
        watched_model(model, limiters.of(getattr(model, "base_url", None)), journaled)


async def close_scorers(scorers: Iterable[NamedScorer]) -> None:
    """Close the connections of the copies; those that their owner made were not copied."""
    for model in _models_of(scorers):
        client = getattr(model, "async_client", None)
        if client is not None and not client.is_closed():
            await client.close()


def _without_nonces(request: Mapping[str, Any]) -> str:
    text = canonical_json(what_decides(request))
    for number, nonce in enumerate(dict.fromkeys(_NONCE.findall(text))):
        text = text.replace(nonce, f"nonce {number}")
    return text


def _models_of(scorers: Iterable[NamedScorer]) -> Iterator[Any]:
    return (scorer.scorer.model for scorer in scorers if scorer.is_judge)
