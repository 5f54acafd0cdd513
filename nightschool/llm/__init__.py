"""The one way out to a model: every call of critic, editor and judge is retried, counted, priced and journaled here."""

from nightschool.llm.agent_calls import AgentCalls, what_decides
from nightschool.llm.client import LLM, Reply, Role
from nightschool.llm.endpoint import endpoint_name, list_models, require_models
from nightschool.llm.faults import as_llm_error, is_outage
from nightschool.llm.journal import Journal
from nightschool.llm.limiter import Limiter, Limiters, watched
from nightschool.llm.meter import Meter, Phase, Purse
from nightschool.llm.posting import post_chat
from nightschool.llm.reading import writable
from nightschool.llm.spent import Spent
from nightschool.llm.tokens import estimate_tokens, tokens_of

__all__ = [
    "LLM",
    "AgentCalls",
    "Journal",
    "Limiter",
    "Limiters",
    "Meter",
    "Phase",
    "Purse",
    "Reply",
    "Role",
    "Spent",
    "as_llm_error",
    "endpoint_name",
    "estimate_tokens",
    "is_outage",
    "list_models",
    "post_chat",
    "require_models",
    "tokens_of",
    "watched",
    "what_decides",
    "writable",
]
