"""Conversations read into turns, from whatever keeps an agent's memory; never a write to it."""

from nightschool.sources.base import BadRow, ColumnarSource, ConversationSource, Holdings, Source
from nightschool.sources.opening import open_source

__all__ = ["BadRow", "ColumnarSource", "ConversationSource", "Holdings", "Source", "open_source"]
