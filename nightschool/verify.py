"""Re-derives a promotion from its proof, anywhere, with the standard library alone.

    python -m nightschool.verify proof.json

The proof (`nightschool export --proof`) holds what a promotion rests on: units with both arms' rewards, the order in which
they were bet on, who answered and graded, α and the ledger that it was taken from. Docs: docs/gate.md.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import math
import sys
from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

SCHEMA = "nightschool-proof/1"
MOST_ALPHA = 1 / 12
LARGEST_LOG = 700.0
ID_DIGITS = 16
CLOSE = 1e-9
WON_BY = {"promotion": "promote", "approval": "hold"}
"""What the gate decided, by how the prompt came to be served: an approval is of a win that was held back."""

Finding = tuple[bool, str]
Unit = tuple[str, str, float]
"""Night, name, gain."""


def findings(proof: dict[str, Any]) -> Iterator[Finding]:
    """Every check of a proof: whether it holds, and what it says."""
    yield proof["schema"] == SCHEMA, f"the file is a proof of the known kind ({SCHEMA})"
    arms = (proof["incumbent"], proof["challenger"])
    yield all(arm["sha256"].startswith(arm["version"]) for arm in arms), "both versions are named by their texts' digests"
    yield arms[0]["version"] != arms[1]["version"], "the prompts differ"
    named = [proof["track"], proof["target"], arms[1]["version"], arms[0]["version"], proof["identity"]]
    own_name = _hash(json.dumps(named, sort_keys=True, separators=(",", ":"))).startswith(proof["test_id"])
    yield own_name and len(proof["test_id"]) == ID_DIGITS, "the test is named by its prompts, and by who answers and grades"
    yield from _budget(proof)
    yield from _rows(proof)
    units = units_in_order(proof)
    yield from _plan(proof, units)
    yield from _verdict(proof, [gain for _, _, gain in units])


def units_in_order(proof: dict[str, Any]) -> list[Unit]:
    """The units with both arms' rewards, as they are bet on: night by night, within a night by hash, as far as the horizon."""
    gains: dict[tuple[str, str], list[float]] = defaultdict(list)
    first_night: dict[str, str] = {}
    for row in sorted(proof["rows"], key=lambda row: str(row["night"])):
        old, new = (_reward(row[arm]) for arm in ("incumbent", "challenger"))
        if old is None or new is None or first_night.setdefault(row["unit"], row["night"]) != row["night"]:
            continue
        gains[row["night"], row["unit"]].append(new - old)
    challenger = proof["challenger"]["version"]
    order = sorted(gains, key=lambda key: (key[0], _hash(f"{challenger}\n{key[1]}"), key[1]))
    return [(*key, math.fsum(gains[key]) / len(gains[key])) for key in order][: proof["terms"]["horizon"]]


def log_wealth(gains: list[float], alpha: float, horizon: int) -> list[float]:
    """The log of the bettor's wealth after each unit; each stake knows the earlier units only (docs/gate.md)."""
    goal, wealth, squares, path = -math.log(alpha), 0.0, 0.0, []
    for n, gain in enumerate(gains):
        rate = max(goal / horizon, max(goal - wealth, 0.0) / max(horizon - n, 1))
        stake = min(0.95, math.sqrt(2 * rate * (5 + n) / (0.5 + squares)))
        wealth, squares = wealth + math.log1p(stake * gain), squares + gain * gain
        path.append(wealth)
    return path


def _budget(proof: dict[str, Any]) -> Iterator[Finding]:
    """α was earned night by night, and spent once."""
    entries = proof["alpha_ledger"]
    yield (
        all((entry["track"], entry["target"]) == (proof["track"], proof["target"]) for entry in entries),
        "the ledger is the target's",
    )
    rates = ", ".join(sorted({f"{entry['yearly']:g}" for entry in entries}))
    earned = [_days(entry) * entry["yearly"] / 365 for entry in entries]
    kept = all(
        most > 0 and math.isclose(entry["accrued"], most) and entry["spent"] <= min(most, MOST_ALPHA) + CLOSE
        for entry, most in zip(entries, earned, strict=True)
    )
    yield kept, f"no test spent more than was earned since the one before, by {rates} false promotions a year, nor more than 1/12"
    chained = all(before["until"] <= after["since"] for before, after in itertools.pairwise(entries))
    yield chained, "no night of the ledger was spent twice"
    own = [(entry["spent"], entry["until"]) for entry in entries if entry["test_id"] == proof["test_id"]]
    alpha = proof["terms"]["alpha"]
    yield own == [(alpha, proof["opened_on"])], f"this test spent α = {alpha:.6f} of it, once, in the night that opened it"


def _rows(proof: dict[str, Any]) -> Iterator[Finding]:
    rows = proof["rows"]
    yield len({(row["session"], row["example"]) for row in rows}) == len(rows), "no example counts twice"
    unit_of = {row["session"]: row["unit"] for row in rows}
    yield all(unit_of[row["session"]] == row["unit"] for row in rows), "no session belongs to two units"
    rewards = [sample["reward"] for row in rows for arm in ("incumbent", "challenger") for sample in row[arm]]
    yield all(reward is None or 0 <= reward <= 1 for reward in rewards), "every reward lies in [0, 1]"


def _plan(proof: dict[str, Any], units: list[Unit]) -> Iterator[Finding]:
    """What was examined had been written down before."""
    planned = {night["run_date"]: list(night["units"]) for night in proof["nights"]}
    by_night = {night: [name for when, name, _ in units if when == night] for night in {unit[0] for unit in units}}
    kept = all([name for name in planned.get(night, []) if name in set(names)] == names for night, names in by_night.items())
    yield kept, f"the {len(units)} {proof['terms']['unit']}s were examined as planned, in the order of their hashes"
    told, numbers = proof["verdict"], {night["run_date"]: night["number"] for night in proof["nights"]}
    in_turn = min(planned) >= proof["opened_on"] and numbers.get(told["run_date"]) == told["nights"]
    yield in_turn, f"the test was opened before its first night, and was decided in night {told['nights']}"


def _verdict(proof: dict[str, Any], gains: list[float]) -> Iterator[Finding]:
    verdict, terms, policy = proof["verdict"], proof["terms"], proof["policy"]
    path = log_wealth(gains, terms["alpha"], terms["horizon"])
    told = verdict["path"]
    same = len(path) == len(told) and all(math.isclose(a, b, abs_tol=1e-6) for a, b in zip(path, told, strict=True))
    yield same, "the bet placed again runs as the verdict tells"
    mean = math.fsum(gains) / len(gains) if gains else 0.0
    wealth = math.exp(min(max([0.0, *path]), LARGEST_LOG))
    derived = {"evidence": wealth, "needed": 1 / terms["alpha"], "gain": mean, "n_sessions": len(gains)}
    agrees = all(math.isclose(verdict[name], value, rel_tol=1e-6, abs_tol=CLOSE) for name, value in derived.items())
    yield agrees, "evidence, odds, gain and number of units are those that it tells"
    yield verdict["decision"] == WON_BY.get(proof["promoted_as"]), f"it was served by {proof['promoted_as']}, on a win"
    won = max([0.0, *path]) >= -math.log(terms["alpha"]) - CLOSE
    yield won, f"the evidence reached the {1 / terms['alpha']:,.0f} : 1 that α asks for"
    yield len(gains) >= policy["min_sessions"], f"on at least {policy['min_sessions']} {terms['unit']}s"
    yield bool(gains) and mean >= policy["min_effect"] - CLOSE, f"the mean gain of {mean:+.3f} is worth a change"
    lost = sum(_reward(row["incumbent"]) is None or _reward(row["challenger"]) is None for row in proof["rows"])
    yield (
        lost <= (1 - policy["min_complete_share"]) * len(proof["rows"]) + CLOSE,
        f"{lost} of the pairs have no score, few enough",
    )
    yield math.fsum(gains) > lost, "and the gain would be left if all of these had gone against the challenger"


def _reward(samples: list[dict[str, Any]]) -> float | None:
    """An arm's mean reward; a fault of the agent is 0, one of the infrastructure has none."""
    rewards = [0.0 if s["fault"] == "agent" else s["reward"] for s in samples if s["fault"] != "infrastructure"]
    known = [reward for reward in rewards if reward is not None]
    return math.fsum(known) / len(known) if known else None


def _days(entry: dict[str, Any]) -> int:
    return (date.fromisoformat(entry["until"]) - date.fromisoformat(entry["since"])).days


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def main(files: list[str]) -> int:
    """Check each file, print what was found; 0 where all holds, 1 where something does not, 2 where a file is no proof."""
    code = 0 if files else 2
    for file in files:
        try:
            found = list(findings(json.loads(Path(file).read_text(encoding="utf-8"))))
        except (OSError, ValueError, KeyError, TypeError, AttributeError, ArithmeticError, RecursionError) as problem:
            found, code = [(False, f"{file} is no proof: {type(problem).__name__}: {problem}")], 2
        for holds, says in found:
            sys.stdout.write(f"{'✓' if holds else '✗'} {says}\n")
        code = max(code, int(not all(holds for holds, _ in found)))
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
