"""What can be checked before money is spent: the user's checklist, ticked or not, and an upper bound of the cost."""

from nightschool.preflight.checklist import Check, Checklist, check_everything, require_what_is_quick
from nightschool.preflight.estimate import Estimate, upper_bound

__all__ = ["Check", "Checklist", "Estimate", "check_everything", "require_what_is_quick", "upper_bound"]
