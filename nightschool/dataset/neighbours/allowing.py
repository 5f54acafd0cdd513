"""How many edits two texts may be apart and still ask the same, by their words."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Final

from nightschool.dataset.neighbours.compared_forms import ComparedForms
from nightschool.dataset.neighbours.differing import Differing, differing, in_order
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
# The fewest for strict pairs, and for loose ones.
_LONG_BANDS: Final = (21, BANDS // 2)
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
    """

    x: ndarray
    y: ndarray
    strict: ndarray
    loose: ndarray

    def of(self, which: ndarray) -> Allowed:
        """Some of them."""
        return Allowed(self.x[which], self.y[which], self.strict[which], self.loose[which])


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
    strict, loose = (np.where(same | (pairs.shared >= bands), ANY, NONE)[same | long] for bands in _LONG_BANDS)
    decided = Allowed(whole.x, whole.y, strict, loose).of(loose == ANY)
    found = _by_words(connection, policy, forms, by_words)
    columns = ((getattr(decided, column.name), getattr(found, column.name)) for column in fields(Allowed))
    return Allowed(*map(np.concatenate, columns))


def _by_words(connection: DuckDBPyConnection, policy: NeighbourPolicy, forms: ComparedForms, pairs: Candidates) -> Allowed:
    """The same for pairs whose words are compared."""
    import numpy as np

    fewest = forms.fewest_edits(pairs.x, pairs.y) / forms.longer(pairs.x, pairs.y)
    most = max(policy.max_edit_share, policy.max_loose_edit_share, FEW_EDITS)
    found = differing(forms.words, pairs.x, pairs.y, fewest <= most, texts=len(forms.ids))
    pairs, fewest = pairs.of(found.pair), fewest[found.pair]
    strict, loose = _limits(connection, policy, forms, pairs, found)
    loose = np.where((loose < 0) & (pairs.shared >= _BANDS_OF_FEW_EDITS), FEW_EDITS, loose)
    return Allowed(pairs.x, pairs.y, strict, loose).of(fewest <= loose)


def _limits(
    connection: DuckDBPyConnection, policy: NeighbourPolicy, forms: ComparedForms, pairs: Candidates, found: Differing
) -> tuple[ndarray, ndarray]:
    """Strict and loose limits of pairs, by their words."""
    import numpy as np

    content = np.minimum(forms.content_words(pairs.x), forms.content_words(pairs.y))
    surely, maybe = coupled(connection, forms.words, found)
    equal = found.more_x + found.more_y == 0
    alike = equal | joined(connection, forms.words, found)
    two_more = (np.minimum(found.more_x, found.more_y) == 0) & (found.more_x + found.more_y <= 2) & (content >= _MUCH_CONTENT)
    loose = np.where(alike | maybe | two_more, max(policy.max_loose_edit_share, FEW_EDITS), NONE)
    strict = np.full(len(loose), NONE)
    rows = np.flatnonzero(alike | surely)
    placed, content_equal = in_order(forms.words, pairs.x[rows], pairs.y[rows], texts=len(forms.ids))
    most = np.where(equal[rows], max(policy.max_edit_share, _MOST_EDITS_OF_FUNCTION_WORDS), policy.max_edit_share)
    most = np.where(content_equal & (content[rows] >= _ENOUGH_CONTENT), ANY, most)
    strict[rows] = np.where(placed, most, NONE)
    return strict, np.maximum(strict, loose)
