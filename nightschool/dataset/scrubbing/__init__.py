"""Scrubbing: secrets become placeholders, personal data surrogates of the same form, before anything else reads them."""

from nightschool.dataset.scrubbing.scrubber import Replaced, Scrubber
from nightschool.dataset.scrubbing.tables import scrub

__all__ = ["Replaced", "Scrubber", "scrub"]
