"""Words and edits of many texts at once, against the plain way for one."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from nightschool.dataset.neighbours.candidates import candidate_pairs, meeting
from nightschool.dataset.neighbours.edits import LONGEST, edits
from nightschool.dataset.neighbours.signatures import KEYS
from nightschool.dataset.neighbours.wordlists import NOT_LATIN, word_lists

TEXTS = st.lists(st.text(alphabet="abcđ 好", max_size=20).map(str.encode), min_size=1, max_size=12)


def plain_edits(one: bytes, other: bytes) -> int:
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        before, row = row, [i]
        for j, beside in enumerate(other, 1):
            row.append(min(before[j] + 1, row[-1] + 1, before[j - 1] + (letter != beside)))
    return row[-1]


@settings(deadline=None, max_examples=30)
@given(texts=TEXTS)
def test_edits_are_those_of_the_table_of_distances(texts):
    texts = [*texts, b"", b"ab" * (LONGEST // 2)]
    x, y = (side.ravel() for side in np.indices((len(texts), len(texts))))
    length = np.array([len(text) for text in texts])
    start = np.cumsum(length + 1) - length - 1
    found = edits(b" ".join(texts), (start[x], length[x]), (start[y], length[y]))
    assert found.tolist() == [plain_edits(texts[i], texts[j]) for i, j in zip(x, y, strict=True)]


@settings(deadline=None, max_examples=30)
@given(texts=TEXTS)
def test_words_are_equal_where_their_numbers_are(texts):
    lists = word_lists(texts)
    words = [text.decode().split(" ") for text in texts]
    assert lists.count.tolist() == [len(parts) for parts in words]
    every = [word for parts in words for word in parts]
    assert [lists.word(place) for place in range(len(every))] == every
    assert len(set(zip(every, lists.numbers.tolist(), strict=True))) == len(set(every)) == len(set(lists.numbers.tolist()))
    assert [bool(letters & NOT_LATIN) for letters in lists.letters] == [word.strip("abc") != "" for word in every]


def test_no_known_signature_that_is_a_candidate_is_passed_over():
    rng = np.random.default_rng(7)
    known, new = (rng.integers(0, 40, size=(size, KEYS)).astype(np.uint32) * 1_000_003 for size in (300, 20))
    first, _, _ = candidate_pairs(np.concatenate([known, new]), known=len(known))
    assert set(first[first < len(known)].tolist()) <= set(np.flatnonzero(meeting(known, new)).tolist())
