"""The betting test and its intervals: numbers in, numbers out.

A challenger's gains are bet on one by one. The wealth of whoever bets on "the mean gain is above zero" is a
nonnegative supermartingale where it is not, so that it ever exceeds 1/α with probability at most α, however often
one looks (Ville's inequality; Waudby-Smith & Ramdas, "Estimating means of bounded random variables by betting",
J. R. Stat. Soc. B 86, 2024).
"""

from nightschool.stats.betting import Bet, evidence_of, log_wealth_path, log_wealth_paths, stake
from nightschool.stats.budget import MOST_ALPHA, NIGHTS_A_YEAR, accrued_alpha, alpha_for
from nightschool.stats.comparing import holm_rejected, loss_p_value, mcnemar_p_value, slope_of
from nightschool.stats.intervals import mean_interval
from nightschool.stats.power import can_still_win, smallest_confirmable_gain, units_to_confirm
from nightschool.stats.ranks import spearman

__all__ = [
    "MOST_ALPHA",
    "NIGHTS_A_YEAR",
    "Bet",
    "accrued_alpha",
    "alpha_for",
    "can_still_win",
    "evidence_of",
    "holm_rejected",
    "log_wealth_path",
    "log_wealth_paths",
    "loss_p_value",
    "mcnemar_p_value",
    "mean_interval",
    "slope_of",
    "smallest_confirmable_gain",
    "spearman",
    "stake",
    "units_to_confirm",
]
