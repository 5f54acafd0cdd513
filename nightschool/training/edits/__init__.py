"""Kinds of edit that compete in a search: each makes candidates from a parent, and only validation decides."""

from nightschool.training.edits.base import Edit, Experiment, Parent, Proposal
from nightschool.training.edits.catalog import edits_of

__all__ = ["Edit", "Experiment", "Parent", "Proposal", "edits_of"]
