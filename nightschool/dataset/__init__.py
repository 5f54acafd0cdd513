"""From conversations to three clean sets: extract, normalise, sort out, dedupe, split, and a card that says so."""

from nightschool.dataset.curated import load_curated
from nightschool.dataset.domains import domains_of, of_domain
from nightschool.dataset.examples_table import load_splits
from nightschool.dataset.extraction import Extracted, extract
from nightschool.dataset.generator import DatasetGenerator
from nightschool.dataset.in_force import InForce, in_force
from nightschool.dataset.into_folder import prepare_into
from nightschool.dataset.preparation import Prepared, prepare
from nightschool.dataset.quoting import quoted_examples
from nightschool.dataset.recorded import RecordedAnswer, recorded_answers
from nightschool.dataset.salt import load_or_create_salt
from nightschool.dataset.sufficiency import require_enough

__all__ = [
    "DatasetGenerator",
    "Extracted",
    "InForce",
    "Prepared",
    "RecordedAnswer",
    "domains_of",
    "extract",
    "in_force",
    "load_curated",
    "load_or_create_salt",
    "load_splits",
    "of_domain",
    "prepare",
    "prepare_into",
    "quoted_examples",
    "recorded_answers",
    "require_enough",
]
