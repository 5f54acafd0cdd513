"""A labelled corpus made from templates, in Vietnamese and English: how much is found, and how much is found wrongly."""

import random

import pytest

from nightschool.dataset.scrubbing import Scrubber
from nightschool.records import ScrubPolicy
from tests.unit.dataset.scrubbing.values import TEMPLATES, clean_text, dirty_text

KEY = "k" * 64


@pytest.mark.parametrize("kind", TEMPLATES)
def test_nearly_all_values_are_replaced(kind):
    rng = random.Random(kind)
    scrubber = Scrubber(KEY, ScrubPolicy())
    missed = []
    for _ in range(300):
        text, values = dirty_text(rng, kind)
        [made], _ = scrubber.scrub([text])
        missed += [(value, text) for value in values if value in made]
    assert len(missed) <= 3, missed[:10]


def test_hardly_any_other_text_is_touched():
    rng = random.Random(1)
    scrubber = Scrubber(KEY, ScrubPolicy())
    texts = [clean_text(rng) for _ in range(3000)]
    touched = [(text, made) for text in texts for made in scrubber.scrub([text])[0] if made != text]
    assert len(touched) <= 3, touched[:10]
