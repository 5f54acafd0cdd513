"""`new` and `add`: start a curated file, and put questions into it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from nightschool.cli.dataset.options import FileArgument
from nightschool.errors import ConfigError, DataError


def new(
    file: FileArgument,
    template: Annotated[
        str, typer.Option(help="qa: a question and its answer; problem: with reasoning_steps; reasoning: with reasoning_type.")
    ] = "qa",
) -> None:
    """Start a curated file with one empty entry to fill in."""
    from nightschool.dataset.curated.files import empty_entry, write_entries

    entry = empty_entry(template)
    if file.exists():
        raise ConfigError(f"{file} is there already.", next_step=f"Add to it: nightschool dataset add {file}")
    write_entries(file, [entry])
    typer.echo(f"{file} has one empty entry: fill it in, copy it for more, or let `nightschool dataset add {file}` ask.")
    typer.echo("At least 50 are needed: diverse, like what users really ask, 30 % easy, 50 % medium, 20 % hard.")
    typer.echo(f"Then: nightschool dataset validate {file}")


def add(
    file: FileArgument,
    task: Annotated[str, typer.Option(help="The question.", show_default=False)] = "",
    answer: Annotated[str, typer.Option("--answer", help="The expected answer.", show_default=False)] = "",
    difficulty: Annotated[str, typer.Option(help="easy, medium or hard.")] = "medium",
    category: Annotated[str, typer.Option(help="Like math; else the setting data.task_type.", show_default=False)] = "",
    context: Annotated[str, typer.Option(help="Where the question comes from.", show_default=False)] = "",
    step: Annotated[list[str] | None, typer.Option("--step", help="A step of the solution; may be repeated.")] = None,
    reasoning_type: Annotated[str, typer.Option(help="Like deduction, for multi-step reasoning.", show_default=False)] = "",
    must_pass: Annotated[bool, typer.Option("--must-pass", help="A challenger may not fail it.")] = False,
) -> None:
    """Add a question to a curated file, which is made where there is none."""
    from nightschool.cli.dataset.tables import counted
    from nightschool.dataset.curated.files import is_untouched, write_entries
    from nightschool.dataset.curated.questions import read_entries

    entries = [entry for entry in read_entries(file) if not is_untouched(entry)] if file.exists() else []
    entry = {
        "task": _asked(task, "--task", "Question"),
        "expected_answer": _asked(answer, "--answer", "Expected answer"),
        "context": context,
        "difficulty": difficulty,
        "category": category,
        "requires_reasoning": bool(step or reasoning_type),
    }
    entry |= {"reasoning_steps": step} if step else {}
    entry |= {"reasoning_type": reasoning_type} if reasoning_type else {}
    entry |= {"must_pass": True} if must_pass else {}
    entries.append(entry)
    _require_sound(entries, file)
    write_entries(file, entries)
    typer.echo(f"{file} has {counted(len(entries), 'question')} now.")


def _asked(given: str, option: str, name: str) -> str:
    """What was given, else what is typed now.

    Raises:
        ConfigError: nothing was given, and nobody is there to ask.
    """
    if given:
        return given
    if not sys.stdin.isatty():
        raise ConfigError(f"{name} is missing.", next_step=f"Give it with {option}.")
    return str(typer.prompt(name))


def _require_sound(entries: Sequence[Any], file: Path) -> None:
    """Refuse a last entry that can't be read, says nothing or is there already.

    Raises:
        DataError: saying what is wrong with it.
    """
    from nightschool.dataset.curated.checking import check_entries
    from nightschool.dataset.curated.repeats import find_repeats

    report, questions = check_entries(entries)
    wrong = [one.message for one in report.errors if one.entries == (len(entries),)]
    twins = [one for one in find_repeats(questions) if one.kind == "duplicate" and len(entries) in one.entries]
    wrong += [f"entry {one.entries[0]} asks the same" for one in twins]
    if wrong:
        raise DataError(f"The question was not added to {file}: {'; '.join(wrong)}.", next_step="Correct it, and add it again.")
