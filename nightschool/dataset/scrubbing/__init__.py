"""Scrubbing: secrets become placeholders, personal data surrogates of the same form, before anything else reads them."""

from nightschool.dataset.scrubbing.scrubber import Replaced, Scrubber
from nightschool.dataset.scrubbing.second_pass import TextScrubber, scrub_again
from nightschool.dataset.scrubbing.tables import public_values, scrub

__all__ = ["Replaced", "Scrubber", "TextScrubber", "public_values", "scrub", "scrub_again"]
