"""The table of faults in the docs is the one that the code keeps to; each of its rows is tried in test_faults.py."""

import re
from pathlib import Path

from nightschool.agent import faults

DOCS = Path(__file__).parents[3] / "docs" / "grading.md"
GRADERS = {"the judge or a scorer could not be heard": "infrastructure"}
"""What the agent's room knows nothing of."""


def test_the_documented_table_is_the_codes():
    ours = dict(re.findall(r"^(\S.*?)  +(agent|infrastructure|divergent)$", faults.__doc__, re.MULTILINE))
    documented = dict(re.findall(r"^\| (.+?) \| (agent|infrastructure|divergent) \|$", DOCS.read_text(), re.MULTILINE))
    assert len(ours) == 10
    assert documented == ours | GRADERS
