"""Questions that are the same one in other words, and questions too alike to stand in different sets.

What counts as the same: equal numbers, and no word of the one that the other lacks, save politeness, function words,
accents left out, abbreviations and slips of the finger. "Phở bò" is not "phở gà", and "8 km" is not "18 km".
"""

from nightschool.dataset.neighbours.clusters import make_clusters
from nightschool.dataset.neighbours.finding import find_neighbours

__all__ = ["find_neighbours", "make_clusters"]
