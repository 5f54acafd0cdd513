"""Conversations read into turns, from whatever keeps an agent's memory; never a write to it."""

from nightschool.sources.agno_three import AgnoThreeSource
from nightschool.sources.base import BadRow, ConversationSource, Holdings
from nightschool.sources.opening import open_source

__all__ = ["AgnoThreeSource", "BadRow", "ConversationSource", "Holdings", "open_source"]
