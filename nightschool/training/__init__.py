"""agentlightning behind one door: `search` looks for a prompt that beats the seed on validation.

Nothing outside of this room imports agentlightning, and this room does so only when a search begins: it takes seconds.
"""

from nightschool.training.acceptance import is_near_copy, placeholders_of
from nightschool.training.novelty import has_searched, note_search, require_news
from nightschool.training.pooling import pool
from nightschool.training.search import search
from nightschool.training.sharing import attach, sharing_at

__all__ = [
    "attach",
    "has_searched",
    "is_near_copy",
    "note_search",
    "placeholders_of",
    "pool",
    "require_news",
    "search",
    "sharing_at",
]
