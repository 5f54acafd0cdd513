"""The kinds of question that the simulated world knows, by domain."""

from nightschool.simulator.problems.arithmetic import ARITHMETIC
from nightschool.simulator.problems.calendar_days import DATES
from nightschool.simulator.problems.classification import CLASSIFICATION
from nightschool.simulator.problems.conversions import CONVERSIONS
from nightschool.simulator.problems.orders import ORDERS, order_status
from nightschool.simulator.problems.policies import POLICIES
from nightschool.simulator.problems.unknowable import UNKNOWABLE

PROBLEMS = (*ARITHMETIC, *CONVERSIONS, *DATES, *ORDERS, *CLASSIFICATION, *POLICIES, *UNKNOWABLE)

__all__ = ["PROBLEMS", "order_status"]
