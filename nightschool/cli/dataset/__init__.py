"""`nightschool dataset …`: look at the data before money is spent, and take care of curated questions."""

from __future__ import annotations

import typer

from nightschool.cli.dataset.adding import add, new
from nightschool.cli.dataset.checking import stats, validate
from nightschool.cli.dataset.explaining import explain
from nightschool.cli.dataset.exporting import export
from nightschool.cli.dataset.preparing import prepare
from nightschool.cli.epilogs import examples

dataset = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="rich",
    help="Look at the data before money is spent; write, check and export questions.",
)

dataset.command(
    epilog=examples(
        "nightschool dataset prepare --agent-db agno.db --start 2026-10-24 --end 2026-11-22 --out look",
        "nightschool dataset prepare --agent-db agno.db --agent-id support --days 7 --out look --fresh",
    )
)(prepare)
dataset.command(
    epilog=examples(
        "nightschool dataset explain 7b1f0c52",
        "nightschool dataset explain 7b1f0c52 --run-date 2026-11-21",
        "nightschool dataset explain 7b1f0c52 --folder look",
    )
)(explain)
dataset.command(
    epilog=examples("nightschool dataset new questions.json", "nightschool dataset new problems.json --template problem")
)(new)
dataset.command(
    epilog=examples(
        'nightschool dataset add q.json --task "What is 15 % of 80?" --answer 12 --difficulty easy',
        "nightschool dataset add q.json   # asks for the question and its answer",
    )
)(add)
dataset.command(
    epilog=examples("nightschool dataset validate questions.json", "nightschool dataset validate questions.json --strict")
)(validate)
dataset.command(epilog=examples("nightschool dataset stats questions.json"))(stats)
dataset.command(
    epilog=examples(
        "nightschool dataset export train.jsonl --set train",
        "nightschool dataset export sets.parquet --run-date 2026-11-21",
        "nightschool dataset export --sft chats.jsonl",
    )
)(export)
