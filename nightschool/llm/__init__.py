"""The one way out to a model: every call of critic, editor and judge is retried, counted, priced and journaled here."""

from nightschool.llm.client import LLM, Reply, Role
from nightschool.llm.endpoint import list_models, require_models
from nightschool.llm.faults import as_llm_error, is_outage
from nightschool.llm.journal import Journal, Spent
from nightschool.llm.meter import Meter

__all__ = ["LLM", "Journal", "Meter", "Reply", "Role", "Spent", "as_llm_error", "is_outage", "list_models", "require_models"]
