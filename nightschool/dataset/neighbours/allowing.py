"""How many edits two texts may be apart and still ask the same, by their words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from nightschool.dataset.neighbours.compared_forms import ComparedForms
from nightschool.dataset.neighbours.differing import Differing, differing
from nightschool.dataset.neighbours.mistyped import coupled, joined
from nightschool.dataset.neighbours.signatures import BANDS
from nightschool.records import NeighbourPolicy

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection
    from numpy import ndarray

NONE: Final = -1.0
ANY: Final = 2.0
"""More than any two texts are apart: that they ask the same is known without counting."""

FEW_EDITS: Final = 0.12
"""Edits up to which two texts are too alike whatever their words: slips that no rule takes for one (a word cut in two, an
unknown word) would else put one question into two sets."""

# Bytes of a core beyond which bands are counted and no words compared: the comparison's cost grows with the square.
_LONG: Final = 400
# A band is shared with probability J³ (J: share of the 4-grams that two texts have in common): 21 of 24 means J ≈ 0.96.
_LONG_STRICT_BANDS: Final = 21
_LONG_LOOSE_BANDS: Final = BANDS // 2
# Texts that share fewer bands hardly have few edits.
_BANDS_OF_FEW_EDITS: Final = 4
# With so many of the same content words in the same order, function words may differ as they like; with fewer, or with two of
# them in the other order, by this share of the text.
_ENOUGH_CONTENT: Final = 3
_MOST_EDITS_OF_FUNCTION_WORDS: Final = 0.45
# Of two texts with so many content words the one may have two more.
_MUCH_CONTENT: Final = 4


@dataclass(frozen=True)
class Candidates:
    """Pairs that are worth comparing; shape (pairs,) each.

    Attributes:
        x: rows of the one form.
        y: rows of the other.
        shared: how many bands they share.
    """

    x: ndarray
    y: ndarray
    shared: ndarray

    def of(self, which: ndarray | slice) -> Candidates:
        """Some of them."""
        return Candidates(self.x[which], self.y[which], self.shared[which])


@dataclass(frozen=True)
class Allowed:
    """Pairs that may be neighbours; shape (pairs,) each.

    Attributes:
        x: rows of the one form.
        y: rows of the other.
        strict: edits, as a share of the longer core, up to which they ask the same; ANY; NONE: they don't.
        loose: the same for being too alike to stand in different sets; at least `strict`.
        few: they are not alike by their words, and loose where they have few edits (which is `loose` then).
    """

    x: ndarray
    y: ndarray
    strict: ndarray
    loose: ndarray
    few: ndarray


def allowed(connection: DuckDBPyConnection, policy: NeighbourPolicy, forms: ComparedForms, pairs: Candidates) -> Allowed:
    """Those of the candidates that may be neighbours.

    Args:
        connection: holds `word_counts`.
        policy: how much two texts may differ.
        forms: of the pairs.
        pairs: the candidates.
    """
    import numpy as np

    pairs = pairs.of(2 * forms.shorter(pairs.x, pairs.y) >= forms.longer(pairs.x, pairs.y))
    same, long = forms.same(pairs.x, pairs.y), forms.longer(pairs.x, pairs.y) > _LONG
    whole, by_words = pairs.of(same | long), pairs.of(~same & ~long)
    same = same[same | long]
    found = differing(forms.words, by_words.x, by_words.y, texts=len(forms.ids))
    by_words = by_words.of(found.pair)
    by_bands = (np.where(same | (whole.shared >= bands), ANY, NONE) for bands in (_LONG_STRICT_BANDS, _LONG_LOOSE_BANDS))
    limits = _by_words(connection, policy, forms, by_words, found)
    strict, loose = (np.concatenate(columns) for columns in zip(by_bands, limits, strict=True))
    x, y = np.concatenate([whole.x, by_words.x]), np.concatenate([whole.y, by_words.y])
    few = (loose < 0) & np.concatenate([np.zeros(len(whole.x), dtype=bool), by_words.shared >= _BANDS_OF_FEW_EDITS])
    loose = np.where(few, FEW_EDITS, loose)
    near = (loose == ANY) | (forms.fewest_edits(x, y) <= loose * forms.longer(x, y))
    return Allowed(x[near], y[near], strict[near], loose[near], few[near])


def _by_words(
    connection: DuckDBPyConnection, policy: NeighbourPolicy, forms: ComparedForms, pairs: Candidates, found: Differing
) -> tuple[ndarray, ndarray]:
    """Strict and loose limits."""
    import numpy as np

    content = np.minimum(forms.content_words(pairs.x), forms.content_words(pairs.y))
    surely, maybe = coupled(connection, forms.words, found)
    equal = found.more_x + found.more_y == 0
    alike = equal | joined(connection, forms.words, found)
    two_more = (np.minimum(found.more_x, found.more_y) == 0) & (found.more_x + found.more_y <= 2) & (content >= _MUCH_CONTENT)
    most = np.where(equal, max(policy.max_edit_share, _MOST_EDITS_OF_FUNCTION_WORDS), policy.max_edit_share)
    most = np.where(found.content_equal & (content >= _ENOUGH_CONTENT), ANY, most)
    strict = np.where((alike | surely) & found.in_place, most, NONE)
    loose = np.where(alike | maybe | two_more, max(policy.max_loose_edit_share, FEW_EDITS), NONE)
    return strict, np.maximum(strict, loose)
